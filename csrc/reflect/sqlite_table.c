/*
 * A parser for the CREATE TABLE statements that SQLite stores.
 *
 * It goes from left to right with one token in hand and no recursion: expressions are
 * taken as text between balanced parentheses.  Whatever it does not know makes the
 * table opaque, so that what it says of the others holds to the last token.
 */
#include "sqlite_names.h"
#include "sqlite_parser.h"

/* --- constraints ---------------------------------------------------------------------
 */

static struct alc_constraint *add_constraint(struct parser *p,
                                             enum alc_constraint_kind kind)
{
    struct alc_constraint *constraint = NULL;
    if (!failed(p)) {
        p->rc = alc_catalog_add_constraint(&constraint, p->catalog, p->table, p->err);
    }
    if (constraint) {
        constraint->kind = kind;
        constraint->name = p->named;
    }
    p->named = alc_str_absent();
    return constraint;
}

/* A constraint on one column. */
static void set_column(struct parser *p, struct alc_constraint *constraint,
                       struct alc_str name)
{
    if (!failed(p)) {
        p->rc = alc_catalog_texts(&constraint->columns, p->catalog, 1, p->err);
    }
    if (!failed(p)) {
        constraint->columns[0] = name;
        constraint->n_columns = 1;
        constraint->of_column = 1;
    }
}

/* ON CONFLICT's word in capitals; absent when there is no such clause. */
static struct alc_str take_conflict(struct parser *p)
{
    static const char *const words[] = {"ROLLBACK", "ABORT", "FAIL", "IGNORE",
                                        "REPLACE"};
    if (take_word(p, "ON")) {
        want_word(p, "CONFLICT");
        for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
            if (take_word(p, words[i])) {
                return copy(p, (struct alc_str){words[i], strlen(words[i])});
            }
        }
        refuse(p, "unexpected token");
    }
    return alc_str_absent();
}

static void take_conflict_of(struct parser *p, struct alc_constraint *constraint)
{
    struct alc_str how = take_conflict(p);
    if (constraint) {
        constraint->conflict = how;
    }
}

/* [NOT] DEFERRABLE [INITIALLY ...]; `constraint` is the one before, or NULL. */
static void take_deferrable(struct parser *p, struct alc_constraint *constraint,
                            bool deferrable)
{
    want_word(p, "DEFERRABLE");
    bool initially = take_word(p, "INITIALLY");
    bool deferred = initially && take_word(p, "DEFERRED");
    if (initially && !deferred) {
        want_word(p, "IMMEDIATE");
    }
    if (!constraint) {
        refuse(p, "DEFERRABLE without a foreign key");
        return;
    }
    constraint->deferrable = deferrable;
    constraint->initially_deferred = deferrable && deferred;
    constraint->timing = (deferrable ? 0 : 1) + (deferred ? 4 : initially ? 2 : 0);
}

/* From REFERENCES' table on. */
static void take_reference(struct parser *p, struct alc_constraint *constraint)
{
    struct alc_str table = take_name(p);
    if (failed(p) || !constraint) {
        return;
    }
    constraint->ref_table = table;
    if (at_mark(p, '(')) {
        struct alc_str as_written; /* means nothing here */
        take_names(p, &constraint->ref_columns, &constraint->n_ref_columns,
                   &as_written);
        want_mark(p, ')');
    }
    while (!failed(p)) {
        if (take_word(p, "ON")) {
            take_on(p, constraint);
        } else if (take_word(p, "MATCH")) {
            take_match(p, constraint);
        } else {
            break;
        }
    }
    /* NOT may also begin NOT NULL: look at the word behind it. */
    struct parser ahead = *p;
    bool negated = take_word(&ahead, "NOT");
    if (!failed(p) && at_word(&ahead, "DEFERRABLE")) {
        if (negated) {
            advance(p);
        }
        take_deferrable(p, constraint, !negated);
    }
}

/* --- columns -------------------------------------------------------------------------
 */

static const char *const after_type[] = {
    "CONSTRAINT", "PRIMARY",    "NOT",       "NULL", "UNIQUE", "CHECK",      "DEFAULT",
    "COLLATE",    "REFERENCES", "GENERATED", "AS",   "ON",     "DEFERRABLE",
};

static bool at_type_word(const struct parser *p)
{
    for (size_t i = 0; i < sizeof after_type / sizeof *after_type; i++) {
        if (at_word(p, after_type[i])) {
            return false;
        }
    }
    return at_name(p);
}

/* A number of a type's parameters, with its sign. */
static void take_number(struct parser *p)
{
    if (at_mark(p, '+') || at_mark(p, '-')) {
        advance(p);
    }
    if (p->token.kind != SQL_NUMBER) {
        refuse(p, "type parameter");
    }
    advance(p);
}

/* A type in its canonical form.  Absent when the column has none. */
static struct alc_str take_type(struct parser *p)
{
    const char *from = p->token.text.ptr;
    if (failed(p) || !at_type_word(p)) {
        return alc_str_absent();
    }
    while (!failed(p) && at_type_word(p)) {
        if (p->token.kind != SQL_WORD) {
            refuse(p, "quoted type");
        }
        advance(p);
    }
    if (at_mark(p, '(')) {
        advance(p);
        take_number(p);
        if (take_mark(p, ',')) {
            take_number(p);
        }
        want_mark(p, ')');
    }
    struct alc_str type = copy_since(p, from);
    sqlite_settle_type(&type);
    return type;
}

/* DEFAULT's value as the pragma prints it: as written, (expr) without parentheses. */
static struct alc_str take_default(struct parser *p)
{
    if (at_mark(p, '(')) {
        return take_parenthesised(p);
    }
    struct alc_str text = p->token.text;
    if (at_mark(p, '+') || at_mark(p, '-')) {
        advance(p);
    }
    text.len = (size_t)(p->token.text.ptr + p->token.text.len - text.ptr);
    switch (p->token.kind) {
    case SQL_NUMBER:
    case SQL_STRING:
    case SQL_BLOB:
    case SQL_WORD:
    case SQL_QUOTED:
        break;
    default:
        refuse(p, "default");
    }
    advance(p);
    return copy(p, text);
}

static void take_generated(struct parser *p, struct alc_column *column)
{
    column->generated = take_parenthesised(p);
    column->generated_kind =
        take_word(p, "STORED") ? ALC_GENERATED_STORED : ALC_GENERATED_VIRTUAL;
    take_word(p, "VIRTUAL");
}

static void take_primary_key(struct parser *p, struct alc_str column)
{
    want_word(p, "KEY");
    struct alc_str direction = alc_str_absent();
    if (at_word(p, "DESC")) { /* such an INTEGER key is not the rowid */
        direction = copy(p, (struct alc_str){"DESC", 4});
        advance(p);
    } else {
        take_word(p, "ASC");
    }
    struct alc_constraint *constraint = add_constraint(p, ALC_PRIMARY_KEY);
    set_column(p, constraint, column);
    if (constraint) {
        constraint->expr = direction;
    }
    take_conflict_of(p, constraint);
    p->table->autoincrement |= take_word(p, "AUTOINCREMENT");
}

/* One constraint of a column; false when there is none. */
static bool take_column_constraint(struct parser *p, struct alc_column *column)
{
    struct alc_constraint *constraint;
    if (take_word(p, "CONSTRAINT")) {
        p->named = take_name(p);
        return true;
    }
    if (take_word(p, "PRIMARY")) {
        take_primary_key(p, column->name);
    } else if (take_word(p, "NOT")) {
        want_word(p, "NULL");
        column->not_null_conflict = take_conflict(p);
        column->not_null = true;
    } else if (take_word(p, "NULL")) {
        take_conflict(p);
    } else if (take_word(p, "UNIQUE")) {
        constraint = add_constraint(p, ALC_UNIQUE);
        set_column(p, constraint, column->name);
        take_conflict_of(p, constraint);
    } else if (take_word(p, "CHECK")) {
        struct alc_str expr = take_parenthesised(p);
        constraint = add_constraint(p, ALC_CHECK);
        if (constraint) {
            constraint->expr = expr;
        }
    } else if (take_word(p, "DEFAULT")) {
        column->default_expr = take_default(p);
    } else if (take_word(p, "COLLATE")) {
        column->collation = take_name(p);
    } else if (take_word(p, "REFERENCES")) {
        constraint = add_constraint(p, ALC_FOREIGN_KEY);
        set_column(p, constraint, column->name);
        take_reference(p, constraint);
    } else if (take_word(p, "GENERATED")) {
        want_word(p, "ALWAYS");
        want_word(p, "AS");
        take_generated(p, column);
    } else if (take_word(p, "AS")) {
        take_generated(p, column);
    } else {
        return false;
    }
    p->named = alc_str_absent(); /* a name counts for the constraint behind it only */
    return true;
}

static void take_column(struct parser *p)
{
    struct alc_column *column = NULL;
    if (!failed(p)) {
        p->rc = alc_catalog_add_column(&column, p->catalog, p->table, p->err);
    }
    if (!column) {
        return;
    }
    column->name = take_name(p);
    column->type = take_type(p);
    while (!failed(p) && take_column_constraint(p, column)) {
    }
    p->named = alc_str_absent();
}

/* --- tables --------------------------------------------------------------------------
 */

static const char *const table_constraint_words[] = {
    "CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN",
};

static bool at_table_constraint(const struct parser *p)
{
    size_t n = sizeof table_constraint_words / sizeof *table_constraint_words;
    for (size_t i = 0; i < n; i++) {
        if (at_word(p, table_constraint_words[i])) {
            return true;
        }
    }
    return false;
}

static void take_table_constraint(struct parser *p)
{
    if (take_word(p, "CONSTRAINT")) {
        p->named = take_name(p);
    }
    bool is_primary = take_word(p, "PRIMARY");
    if (is_primary || take_word(p, "UNIQUE")) {
        if (is_primary) {
            want_word(p, "KEY");
        }
        struct alc_constraint *constraint =
            add_constraint(p, is_primary ? ALC_PRIMARY_KEY : ALC_UNIQUE);
        if (constraint) {
            take_names(p, &constraint->columns, &constraint->n_columns,
                       &constraint->expr);
            p->table->autoincrement |= is_primary && take_word(p, "AUTOINCREMENT");
            want_mark(p, ')');
            take_conflict_of(p, constraint);
        }
    } else if (take_word(p, "CHECK")) {
        struct alc_str expr = take_parenthesised(p);
        struct alc_constraint *constraint = add_constraint(p, ALC_CHECK);
        if (constraint) {
            constraint->expr = expr;
            take_conflict_of(p, constraint);
        }
    } else {
        want_word(p, "FOREIGN");
        want_word(p, "KEY");
        struct alc_constraint *constraint = add_constraint(p, ALC_FOREIGN_KEY);
        if (constraint) {
            struct alc_str as_written; /* means nothing here */
            take_names(p, &constraint->columns, &constraint->n_columns, &as_written);
            want_mark(p, ')');
            want_word(p, "REFERENCES");
            take_reference(p, constraint);
        }
    }
}

static void take_table_options(struct parser *p)
{
    while (!failed(p) && !at_end(p)) {
        if (take_word(p, "WITHOUT")) {
            want_word(p, "ROWID");
            p->table->without_rowid = true;
        } else {
            want_word(p, "STRICT");
            p->table->strict = true;
        }
        if (!take_mark(p, ',')) {
            break;
        }
    }
    want_end(p);
}

/* The key of a table WITHOUT ROWID is NOT NULL by itself. */
static void harden_key(struct alc_table *table)
{
    for (size_t i = 0; table->without_rowid && i < table->n_constraints; i++) {
        struct alc_constraint *key = &table->constraints[i];
        for (size_t k = 0; key->kind == ALC_PRIMARY_KEY && k < key->n_columns; k++) {
            struct alc_column *column = column_named(table, key->columns[k]);
            if (column) {
                column->not_null = true;
            }
        }
    }
}

/* The statement's own name of the object: it is known already. */
static void skip_object_name(struct parser *p)
{
    if (take_word(p, "IF")) {
        want_word(p, "NOT");
        want_word(p, "EXISTS");
    }
    take_name(p);
    if (take_mark(p, '.')) {
        take_name(p);
    }
}

int alc_sqlite_parse_table(struct alc_catalog *catalog, struct alc_table *table,
                           struct alc_str sql, struct alc_error *err)
{
    struct parser p = {0};
    start(&p, SQL_SQLITE, catalog, table, sql, err);
    want_word(&p, "CREATE");
    if (take_word(&p, "VIRTUAL")) {
        table->kind = ALC_TABLE_VIRTUAL;
        refuse(&p, "virtual table");
    }
    if (take_word(&p, "TEMP") || take_word(&p, "TEMPORARY")) {
        table->is_temporary = true;
    }
    want_word(&p, "TABLE");
    skip_object_name(&p);
    want_mark(&p, '(');
    do {
        take_column(&p);
    } while (!failed(&p) && take_mark(&p, ',') && !at_table_constraint(&p));
    /* Commas between table constraints may be left out. */
    while (!failed(&p) && at_table_constraint(&p)) {
        take_table_constraint(&p);
        take_mark(&p, ',');
    }
    want_mark(&p, ')');
    take_table_options(&p);
    harden_key(table);
    return end(&p);
}
