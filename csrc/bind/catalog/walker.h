/*
 * A walk over SQLAlchemy's MetaData: what its parts have in common.
 *
 * Public attributes of SQLAlchemy are read, and those whose names the rules give, which
 * alembic_c/util/sqla_compat.py has.  What depends on the dialect (the text
 * of a type, of a default that is no plain string) is asked of Python functions, types
 * once for each distinct class and scalar parameters: most columns of a large schema
 * share a few dozen.  What is not understood makes its table opaque, with the reason.
 *
 * Functions return 0, or -1 with an exception, unless they say otherwise.
 */
#ifndef ALC_BIND_CATALOG_WALKER_H
#define ALC_BIND_CATALOG_WALKER_H

#include "catalog_state.h"

/* Names looked up per object, interned once a module. */
/* clang-format off */
#define ALC_NAMES(X)                                                                   \
    X(name) X(schema) X(comment) X(indexes) X(constraints) X(type)          \
    X(nullable) X(system) X(server_default) X(computed) X(identity) X(unique)          \
    X(expressions) X(dialect_kwargs) X(elements) X(parent) X(column) X(table)          \
    X(onupdate) X(ondelete) X(deferrable) X(initially) X(__visit_name__) X(__dict__)
/* clang-format on */

enum name_id {
#define ALC_NAME_ID(name) NAME_##name,
    ALC_NAMES(ALC_NAME_ID)
#undef ALC_NAME_ID
        N_NAMES,
};

/* What the rules object holds; the first ones are called with what they are about. */
#define ALC_RULES(X)                                                                   \
    X(type_text)       /* (type) -> str | None */                                      \
    X(default_text)    /* (server default, column type) -> str | None */               \
    X(computed_text)   /* (Computed) -> str */                                         \
    X(identity_values) /* (Identity) -> (always, start, ..., cycle) | None */          \
    X(index_text)      /* (element of an index) -> str | None */                       \
    X(index_details) /* (Index) -> (method, predicate, storage, include, opclasses) */ \
    X(check_text)    /* (CheckConstraint) -> str */                                    \
    X(dialect)       /* "postgresql" or "sqlite" */                                    \
    X(default_schema)                                                                  \
    X(plain_types)   /* class -> names of the attributes that shape its DDL */         \
    X(columns)       /* name of the attribute of a table's or a key's columns */       \
    X(entries)       /* name of the attribute of a list there: (key, column, ...) */   \
    X(autoincrement) /* name of the attribute of a table's column that counts */       \
    X(variants)      /* name of the attribute that holds a type's variants */          \
    X(type_bound)    /* name of the attribute of a type's own constraints */           \
    X(options)       /* name of the attribute of the options of dialects */            \
    X(plain_items)   /* classes that keep them there */                                \
    X(final_name)    /* class of the names to which no convention applies any more */  \
    X(late_names)    /* str: the kinds to whose names one may still apply */           \
    X(max_name)      /* longer names are cut by the dialect */                         \
    X(types)                                                                           \
    X(defaults)                                                                        \
    X(comments)                                                                        \
    X(checks)

enum rule_id {
#define ALC_RULE_ID(name) RULE_##name,
    ALC_RULES(ALC_RULE_ID)
#undef ALC_RULE_ID
        N_RULES,
};

struct walker {
    struct alc_catalog model;
    struct alc_error err;
    PyObject *names;          /* tuple of interned str; borrowed */
    PyObject *type_texts;     /* (class, parameter, ...) -> text or None; strong */
    PyObject *rules[N_RULES]; /* strong */
    struct alc_str default_schema;
    Py_ssize_t max_name;
    bool is_postgresql;
    bool types, defaults, comments, checks;
    bool late_unique, late_index, late_check; /* see late_names */
};

/* The texts of both enums, to be looked up once. */
extern const char *const walker_name_texts[N_NAMES];
extern const char *const walker_rule_texts[N_RULES];

/* A new reference to an attribute; NULL with an exception. */
PyObject *walker_get(const struct walker *w, PyObject *object, enum name_id name);

/* -1 with an exception, else the truth of an attribute. */
int walker_get_flag(const struct walker *w, PyObject *object, enum name_id name);

/* A tuple of the items of an attribute, which Python code that is asked about one of
 * them cannot change; NULL with an exception. */
PyObject *walker_get_items(const struct walker *w, PyObject *object, enum name_id name);

/* A tuple of what stands for the columns of a table or a key, for walker_column(); as
 * walker_get_items().  Iterating over the collection itself would run Python code for
 * each, to make the same. */
PyObject *walker_get_columns(const struct walker *w, PyObject *object);

/* The i-th column of such a tuple, borrowed; NULL with an exception. */
PyObject *walker_column(PyObject *columns, Py_ssize_t i);

/* Turn a failure of the core into an exception: 0 or -1. */
int walker_raised(struct walker *w, int rc);

/* Leave a table to the comparators.  reason: a literal; the first one is kept. */
void walker_make_opaque(struct alc_table *table, const char *reason);

/* Borrow the text of a str; what is no str is absent. */
int walker_borrow_text(struct alc_str *out, PyObject *value);

/* The same, copied into the model. */
int walker_copy_text(struct alc_str *out, struct walker *w, PyObject *value);

/* The same of an attribute. */
int walker_get_text(struct alc_str *out, struct walker *w, PyObject *object,
                    enum name_id name);

/* Copy the text that a rule gave; no str makes the table opaque.  Takes `text`, which
 * may be NULL with an exception. */
int walker_take_text(struct alc_str *out, struct walker *w, struct alc_table *table,
                     PyObject *text, const char *otherwise);

/* Call fn(w, table, item) for each item of an iterable attribute. */
int walker_each(struct walker *w, struct alc_table *table, PyObject *object,
                enum name_id name,
                int (*fn)(struct walker *, struct alc_table *, PyObject *));

/* metadata_column.c: a Column of a table. */
int walker_read_column(struct walker *w, struct alc_table *table, PyObject *object);

/* The column that counts by itself: its default is the backend's business. */
int walker_mark_autoincrement(struct walker *w, struct alc_table *table,
                              PyObject *object);

/* metadata_key.c: an Index, a constraint of any kind, a CHECK. */
int walker_read_index(struct walker *w, struct alc_table *table, PyObject *object);
int walker_read_constraint(struct walker *w, struct alc_table *table, PyObject *object);
int walker_read_check(struct walker *w, struct alc_table *table, PyObject *object);

#endif
