/*
 * The equality proof over two Catalogs.
 *
 * What the core asks of its judge is answered by a Python object, once for each pair of
 * texts: a schema of any size has a few dozen.
 */
#include "catalog_state.h"

#include "alc/alloc.h"
#include "alc/arena.h"
#include "alc/intern.h"
#include "alc/mysql.h"
#include "alc/proof.h"
#include "alc/regular.h"
#include "alc/sqlite.h"

enum question { SAME_TYPE, SAME_DEFAULT, SAME_PART, SAME_TEXT, ASK, N_QUESTIONS };

static const char *const question_names[N_QUESTIONS] = {
    [SAME_TYPE] = "same_type",
    [SAME_DEFAULT] = "same_default",
    [SAME_PART] = "same_part",
    [SAME_TEXT] = "same_text",
    [ASK] = "ask",
};

/* The Python judge and its answers so far. */
struct verdicts {
    PyObject *methods[N_QUESTIONS]; /* strong */
    struct alc_arena arena;
    struct alc_interner pairs; /* the questions, as bytes */
    struct alc_buf key;
    struct alc_buf text;
    bool is_mysql;
    unsigned char *answers; /* by the question's id */
    size_t cap;
};

static void verdicts_release(struct verdicts *v)
{
    for (int i = 0; i < N_QUESTIONS; i++) {
        Py_CLEAR(v->methods[i]);
    }
    alc_buf_release(&v->key);
    alc_buf_release(&v->text);
    alc_arena_release(&v->arena);
    alc_free(v->answers);
}

static int verdicts_init(struct verdicts *v, PyObject *judge)
{
    memset(v, 0, sizeof *v);
    alc_arena_init(&v->arena);
    alc_interner_init(&v->pairs, &v->arena);
    alc_buf_init(&v->key);
    alc_buf_init(&v->text);
    for (int i = 0; i < N_QUESTIONS; i++) {
        v->methods[i] = PyObject_GetAttrString(judge, question_names[i]);
        if (!v->methods[i]) {
            return -1;
        }
    }
    return 0;
}

/* Ask Python; false with an exception set when it fails. */
static bool ask(struct verdicts *v, enum question question, PyObject *arguments)
{
    PyObject *answer =
        arguments ? PyObject_Call(v->methods[question], arguments, NULL) : NULL;
    int truth = answer ? PyObject_IsTrue(answer) : 0;
    Py_XDECREF(answer);
    Py_XDECREF(arguments);
    return truth > 0;
}

static int append_text(struct alc_buf *key, struct alc_str text)
{
    char head = alc_str_is_absent(text) ? 'n' : 't';
    int rc = alc_buf_put(key, head, NULL);
    rc = rc ? rc : alc_buf_append(key, &text.len, sizeof text.len, NULL);
    return rc || !text.len ? rc : alc_buf_append(key, text.ptr, text.len, NULL);
}

/* The id of a question about two texts; *is_new for one that is asked for the first
 * time.  -1 when there is no memory for it. */
static int64_t pair_id(struct verdicts *v, enum question question, struct alc_str a,
                       struct alc_str b, bool *is_new)
{
    uint32_t id;
    alc_buf_reset(&v->key);
    if (alc_buf_put(&v->key, (char)('0' + question), NULL) || append_text(&v->key, a) ||
        append_text(&v->key, b)) {
        return -1;
    }
    size_t n_before = v->pairs.n_strs;
    if (alc_interner_add(&id, &v->pairs, v->key.ptr, v->key.len, NULL)) {
        return -1;
    }
    *is_new = v->pairs.n_strs > n_before;
    return ALC_GROW(v->answers, v->cap, (size_t)id + 1) ? -1 : (int64_t)id;
}

/* The answer to a question about two texts, asked once. */
static bool decide(struct verdicts *v, enum question question, struct alc_str a,
                   struct alc_str b)
{
    bool is_new = false;
    if (PyErr_Occurred()) {
        return false;
    }
    int64_t id = pair_id(v, question, a, b, &is_new);
    if (id < 0) {
        PyErr_NoMemory();
        return false;
    }
    if (is_new) {
        PyObject *pair = Py_BuildValue("NN", alc_bind_text(a), alc_bind_text(b));
        v->answers[id] = ask(v, question, pair);
    }
    return v->answers[id];
}

/* Ask about a text that is made of n pieces. */
static bool decide_joined(struct verdicts *v, enum question question,
                          const struct alc_str *pieces, size_t n, struct alc_str wanted)
{
    alc_buf_reset(&v->text);
    for (size_t i = 0; i < n; i++) {
        if (alc_buf_append(&v->text, pieces[i].ptr, pieces[i].len, NULL)) {
            PyErr_NoMemory();
            return false;
        }
    }
    return decide(v, question, (struct alc_str){v->text.ptr, v->text.len}, wanted);
}

/* MySQL's types are asked about with character set and collation, their own or the
 * table's: more than is printed, so that what is equal with them is without. */
static bool same_type(void *self, const struct alc_table *table,
                      const struct alc_column *actual, struct alc_str wanted)
{
    struct verdicts *v = self;
    if (!v->is_mysql || !alc_mysql_has_charset(actual->type)) {
        return decide(v, SAME_TYPE, actual->type, wanted);
    }
    bool is_the_tables =
        alc_str_is_absent(actual->charset) && alc_str_is_absent(actual->collation);
    struct alc_str charset = is_the_tables ? table->charset : actual->charset;
    struct alc_str collation = is_the_tables ? table->collation : actual->collation;
    if (alc_str_is_absent(charset) || alc_str_is_absent(collation)) {
        return false;
    }
    struct alc_str pieces[] = {
        actual->type, {" CHARACTER SET ", 15}, charset, {" COLLATE ", 9}, collation};
    return decide_joined(v, SAME_TYPE, pieces, sizeof pieces / sizeof *pieces, wanted);
}

/* MySQL's defaults are asked about with the type that goes with them, and with what ON
 * UPDATE sets. */
static bool same_default(void *self, const struct alc_column *actual,
                         struct alc_str wanted)
{
    struct verdicts *v = self;
    if (!v->is_mysql || alc_str_is_absent(actual->default_expr)) {
        return decide(v, SAME_DEFAULT, actual->default_expr, wanted);
    }
    struct alc_str pieces[] = {actual->type,
                               {" DEFAULT ", 9},
                               actual->default_expr,
                               {" ON UPDATE ", 11},
                               actual->on_update};
    size_t n = alc_str_is_absent(actual->on_update) ? 3 : 5;
    return decide_joined(v, SAME_DEFAULT, pieces, n, wanted);
}

static bool same_part(void *self, const struct alc_index_part *actual,
                      struct alc_str wanted)
{
    struct verdicts *v = self;
    if (PyErr_Occurred()) {
        return false;
    }
    return ask(v, SAME_PART,
               Py_BuildValue("NOOON", alc_bind_text(actual->text),
                             actual->is_expr ? Py_True : Py_False,
                             actual->descending ? Py_True : Py_False,
                             actual->nulls_first ? Py_True : Py_False,
                             alc_bind_text(wanted)));
}

static bool same_text(void *self, struct alc_str actual, struct alc_str wanted)
{
    return decide(self, SAME_TEXT, actual, wanted);
}

static bool ask_database(void *self, const struct alc_table *table,
                         enum alc_expression kind, struct alc_str name)
{
    struct verdicts *v = self;
    if (PyErr_Occurred()) {
        return false;
    }
    return ask(v, ASK,
               Py_BuildValue("NNsN", alc_bind_text(table->schema),
                             alc_bind_text(table->name), alc_expression_name(kind),
                             alc_bind_text(name)));
}

/* The reason of one wanted table: str, or None when it is proven; NULL with an
 * exception. */
static PyObject *prove_one(const struct alc_catalog *actual,
                           const struct alc_table *wanted,
                           const struct alc_proof_options *options)
{
    const struct alc_table *found =
        alc_catalog_find(actual, wanted->schema, wanted->name);
    if (!found) {
        return PyUnicode_FromString("no such table");
    }
    enum alc_proof proof = alc_prove_table(found, wanted, options);
    if (PyErr_Occurred()) {
        return NULL;
    }
    if (proof == ALC_PROVEN) {
        Py_RETURN_NONE;
    }
    if (proof == ALC_UNPROVEN_OPAQUE) {
        return alc_bind_text(alc_str_is_absent(wanted->opaque) ? found->opaque
                                                               : wanted->opaque);
    }
    return PyUnicode_FromString(alc_proof_reason(proof));
}

static PyObject *prove_all(const struct alc_catalog *have,
                           const struct alc_catalog *want,
                           const struct alc_proof_options *options)
{
    PyObject *reasons = PyList_New((Py_ssize_t)want->n_tables);
    for (size_t i = 0; reasons && i < want->n_tables; i++) {
        const struct alc_table *table = want->tables[i];
        PyObject *reason = prove_one(have, table, options);
        PyObject *row = reason ? Py_BuildValue("NNN", alc_bind_text(table->schema),
                                               alc_bind_text(table->name), reason)
                               : NULL;
        if (!row) {
            Py_CLEAR(reasons);
            break;
        }
        PyList_SET_ITEM(reasons, (Py_ssize_t)i, row);
    }
    return reasons;
}

/* Borrow the texts of a tuple of str; PyMem_Free() the result.  NULL with an exception.
 */
static struct alc_str *borrow_texts(PyObject *tuple)
{
    Py_ssize_t n = PyTuple_GET_SIZE(tuple);
    struct alc_str *texts = PyMem_Calloc(n ? (size_t)n : 1, sizeof *texts);
    if (!texts) {
        PyErr_NoMemory();
    }
    for (Py_ssize_t i = 0; texts && i < n; i++) {
        if (alc_bind_borrow_text(&texts[i], PyTuple_GET_ITEM(tuple, i)) < 0) {
            PyMem_Free(texts);
            texts = NULL;
        }
    }
    return texts;
}

static PyObject *prove(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"actual",   "wanted",          "judge",   "types",
                               "defaults", "comments",        "indexes", "foreign_keys",
                               "checks",   "unnamed_schemas", NULL};
    struct alc_module_state *state = PyModule_GetState(module);
    PyTypeObject *type = state->catalog_type;
    PyObject *actual, *wanted, *judge, *schemas;
    int types, defaults, comments, indexes, foreign_keys, checks;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!O!OppppppO!:prove", keywords,
                                     type, &actual, type, &wanted, &judge, &types,
                                     &defaults, &comments, &indexes, &foreign_keys,
                                     &checks, &PyTuple_Type, &schemas)) {
        return NULL;
    }
    struct verdicts verdicts;
    struct alc_judge rules = {.self = &verdicts,
                              .same_type = same_type,
                              .same_default = same_default,
                              .same_part = same_part,
                              .same_text = same_text,
                              .ask = ask_database};
    struct alc_str *names = borrow_texts(schemas);
    struct alc_proof_options options =
        alc_proof_options_of(((struct alc_bind_catalog *)actual)->model.backend);
    options.types = types;
    options.defaults = defaults;
    options.comments = comments;
    options.indexes = indexes;
    options.foreign_keys = foreign_keys;
    options.checks = checks;
    options.unnamed_schemas = names;
    options.n_unnamed_schemas = (size_t)PyTuple_GET_SIZE(schemas);
    options.judge = &rules;
    PyObject *reasons = NULL;
    if (names && verdicts_init(&verdicts, judge) == 0) {
        verdicts.is_mysql = options.is_mysql;
        reasons = prove_all(&((struct alc_bind_catalog *)actual)->model,
                            &((struct alc_bind_catalog *)wanted)->model, &options);
    }
    if (names) {
        verdicts_release(&verdicts);
    }
    PyMem_Free(names);
    return reasons;
}

/* The table's name in a row of sqlite_schema whose statement is irregular, NULL for
 * another row (or with an exception); borrowed. */
static PyObject *irregular_name(PyObject *row)
{
    if (!PyTuple_Check(row) || PyTuple_GET_SIZE(row) < ALC_SQLITE_N_COLUMNS) {
        return NULL;
    }
    PyObject *type = PyTuple_GET_ITEM(row, ALC_SQLITE_TYPE);
    PyObject *sql = PyTuple_GET_ITEM(row, ALC_SQLITE_STATEMENT);
    if (!PyUnicode_Check(type) || !PyUnicode_Check(sql) ||
        PyUnicode_CompareWithASCIIString(type, "table") != 0) {
        return NULL;
    }
    struct alc_str text;
    if (alc_bind_borrow_text(&text, sql) < 0) {
        return NULL;
    }
    return alc_is_regular(text) ? NULL : PyTuple_GET_ITEM(row, ALC_SQLITE_NAME);
}

static PyObject *irregular(PyObject *module, PyObject *rows)
{
    (void)module;
    PyObject *items = PySequence_Fast(rows, "rows: want a sequence of tuples");
    PyObject *names = items ? PyList_New(0) : NULL;
    for (Py_ssize_t i = 0; names && i < PySequence_Fast_GET_SIZE(items); i++) {
        PyObject *name = irregular_name(PySequence_Fast_GET_ITEM(items, i));
        if (PyErr_Occurred() || (name && PyList_Append(names, name) < 0)) {
            Py_CLEAR(names);
        }
    }
    Py_XDECREF(items);
    return names;
}

static PyMethodDef proof_functions[] = {
    {"irregular", irregular, METH_O,
     PyDoc_STR(
         "irregular(rows) -> list of str\n\nThe names of the tables among rows of "
         "sqlite_schema (type, name, table, sql) whose statement SQLAlchemy's "
         "patterns may misread.")},
    {"prove", (PyCFunction)(void (*)(void))prove, METH_VARARGS | METH_KEYWORDS,
     PyDoc_STR("prove(actual, wanted, judge, types, defaults, comments, indexes, "
               "foreign_keys, checks, unnamed_schemas) -> list of (schema, name, "
               "reason)\n\nThe reason is None for a table that is proven equal.  "
               "judge: has same_type, same_default, same_part, same_text and ask.")},
    {NULL, NULL, 0, NULL},
};

int alc_bind_proof_exec(PyObject *module, struct alc_module_state *state)
{
    (void)state;
    return PyModule_AddFunctions(module, proof_functions);
}
