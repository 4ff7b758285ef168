/*
 * The equality proof over two Catalogs.
 */
#include "state.h"

#include "alc/proof.h"

/* The reason of one wanted table: str, or None when it is proven. */
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
    if (proof == ALC_PROVEN) {
        Py_RETURN_NONE;
    }
    if (proof == ALC_UNPROVEN_OPAQUE) {
        return alc_bind_text(alc_str_is_absent(wanted->opaque) ? found->opaque
                                                               : wanted->opaque);
    }
    return PyUnicode_FromString(alc_proof_reason(proof));
}

static PyObject *prove(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"actual",       "wanted",   "types",
                               "defaults",     "comments", "indexes",
                               "foreign_keys", "checks",   NULL};
    struct alc_module_state *state = PyModule_GetState(module);
    PyTypeObject *type = state->catalog_type;
    PyObject *actual, *wanted;
    int types, defaults, comments, indexes, foreign_keys, checks;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!O!pppppp:prove", keywords, type,
                                     &actual, type, &wanted, &types, &defaults,
                                     &comments, &indexes, &foreign_keys, &checks)) {
        return NULL;
    }
    struct alc_proof_options options = {
        .types = types,
        .defaults = defaults,
        .comments = comments,
        .indexes = indexes,
        .checks = checks,
        .foreign_keys = foreign_keys,
    };
    const struct alc_catalog *have = &((struct alc_bind_catalog *)actual)->model;
    const struct alc_catalog *want = &((struct alc_bind_catalog *)wanted)->model;
    PyObject *reasons = PyList_New((Py_ssize_t)want->n_tables);
    for (size_t i = 0; reasons && i < want->n_tables; i++) {
        const struct alc_table *table = want->tables[i];
        PyObject *row =
            Py_BuildValue("NNN", alc_bind_text(table->schema),
                          alc_bind_text(table->name), prove_one(have, table, &options));
        if (!row) {
            Py_CLEAR(reasons);
            break;
        }
        PyList_SET_ITEM(reasons, (Py_ssize_t)i, row);
    }
    return reasons;
}

static PyMethodDef proof_functions[] = {
    {"prove", (PyCFunction)(void (*)(void))prove, METH_VARARGS | METH_KEYWORDS,
     PyDoc_STR(
         "prove(actual, wanted, types, defaults, comments, indexes, foreign_keys, "
         "checks) -> list of (schema, name, reason)\n\nThe reason is None for a "
         "table that is proven equal.")},
    {NULL, NULL, 0, NULL},
};

int alc_bind_proof_exec(PyObject *module, struct alc_module_state *state)
{
    (void)state;
    return PyModule_AddFunctions(module, proof_functions);
}
