/*
 * The schema model: what is in a database, in the small form that equality needs.
 *
 * One catalog holds the tables of one database (or of one MetaData), filled by a
 * producer (csrc/reflect/, or the binding), then closed with alc_catalog_finish(),
 * after which nothing changes any more and any thread may read it.
 *
 * Ownership: a catalog owns one arena; every string and array in it lives there until
 * alc_catalog_release().  The functions that add copy what they are given.
 *
 * The fields of a table, and the words of an enum, stand in alc/model.def.
 *
 * Text: UTF-8 by custom, but any bytes are carried; length explicit.  "Absent" (no
 * default, no comment, no name) is a string whose ptr is NULL; the empty string is not
 * absent.
 */
#ifndef ALC_CATALOG_H
#define ALC_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alc/arena.h"
#include "alc/buf.h"
#include "alc/error.h"
#include "alc/str.h"

static inline struct alc_str alc_str_absent(void)
{
    struct alc_str none = {NULL, 0};
    return none;
}

static inline bool alc_str_is_absent(struct alc_str s)
{
    return s.ptr == NULL;
}

/* The enums: alc_backend, alc_generated, ... */
#define WORDS(name)                                                                    \
    enum alc_##name                                                                    \
    {
#define WORD(constant, word) ALC_##constant,
#define END_WORDS(name)                                                                \
    }                                                                                  \
    ;
#include "alc/model.def"

/* struct alc_table and what is in it. */
#define STRUCT(item) struct alc_##item {
#define TEXT(item, field, ...) struct alc_str field;
#define TEXTS(item, field, ...)                                                        \
    struct alc_str *field;                                                             \
    size_t n_##field;
#define FLAG(item, field, ...) bool field;
#define NUMBER(item, field, ...) int64_t field;
#define CHOICE(item, field, words, ...) enum alc_##words field;
#define ITEMS(item, field, of, ...)                                                    \
    struct alc_##of *field;                                                            \
    size_t n_##field;
#define NESTED(item, field, of, ...) struct alc_##of field;
#define PLACE(item, field) int64_t field;
#define PRIVATE(type, field) type field;
#define END_STRUCT(item)                                                               \
    }                                                                                  \
    ;
#include "alc/model.def"

enum { ALC_CATALOG_N_ARRAYS = 3, ALC_CATALOG_N_SIZES = 24 };

struct alc_catalog {
    struct alc_arena arena;
    /* Arrays that tables have grown out of, by what they hold and by their size, for
     * the next table that grows: lists through their first bytes. */
    void *spare[ALC_CATALOG_N_ARRAYS][ALC_CATALOG_N_SIZES];
    enum alc_backend backend;
    uint32_t server_version;   /* PostgreSQL: 150004; SQLite: 3040001; 0: unknown */
    struct alc_table **tables; /* finished: by schema, name */
    size_t n_tables;
    size_t cap_tables;
    bool finished;
};

/* No allocation. */
void alc_catalog_init(struct alc_catalog *catalog, enum alc_backend backend);

/* Free everything; the catalog is as after alc_catalog_init(). */
void alc_catalog_release(struct alc_catalog *catalog);

/*
 * Copy a string into the catalog.  An absent one stays absent.
 * Returns 0 or ALC_E_NOMEM.
 */
int alc_catalog_text(struct alc_str *out, struct alc_catalog *catalog,
                     struct alc_str text, struct alc_error *err);

/*
 * Room for n strings in the catalog, all absent; NULL in *out for n 0.
 * Returns 0 or ALC_E_NOMEM.
 */
int alc_catalog_texts(struct alc_str **out, struct alc_catalog *catalog, size_t n,
                      struct alc_error *err);

/*
 * Add a table, zeroed but for its copied names.  The pointer is valid until release.
 * Returns 0 or ALC_E_NOMEM.
 */
int alc_catalog_add_table(struct alc_table **out, struct alc_catalog *catalog,
                          struct alc_str schema, struct alc_str name,
                          struct alc_error *err);

/*
 * Add a zeroed column, constraint or index to a table of this catalog.  The pointer is
 * valid until the next one is added to the same table.  Strings that the caller puts in
 * must live as long as the catalog: use alc_catalog_text().
 * Returns 0 or ALC_E_NOMEM.
 */
int alc_catalog_add_column(struct alc_column **out, struct alc_catalog *catalog,
                           struct alc_table *table, struct alc_error *err);
int alc_catalog_add_constraint(struct alc_constraint **out, struct alc_catalog *catalog,
                               struct alc_table *table, struct alc_error *err);
int alc_catalog_add_index(struct alc_index **out, struct alc_catalog *catalog,
                          struct alc_table *table, struct alc_error *err);

/*
 * Put everything in its canonical order: tables by schema and name, constraints by
 * all of their fields, kind and name first, indexes by name; columns keep the table's
 * order.  Byte order, absent first.  O(n log n).
 * Returns 0, or ALC_E_INVALID when two tables have the same schema and name.
 */
int alc_catalog_finish(struct alc_catalog *catalog, struct alc_error *err);

/*
 * The tables of a finished catalog but those named: "name" in any schema, or
 * "schema.name".  `out`, which has to be empty, borrows the tables from `from`.
 * Returns 0 or ALC_E_NOMEM.
 */
int alc_catalog_without(struct alc_catalog *out, const struct alc_catalog *from,
                        const struct alc_str *names, size_t n_names,
                        struct alc_error *err);

/* The table of that name in a finished catalog, or NULL.  O(log n). */
const struct alc_table *alc_catalog_find(const struct alc_catalog *catalog,
                                         struct alc_str schema, struct alc_str name);

/*
 * Append the canonical bytes of a finished catalog: equal for equal schemas on any
 * machine, in any run, whatever order rows came in, and different for different ones
 * (each field is length-prefixed).  Covers what the structs above hold but for the
 * server's version.  A fingerprint is a hash of them.  O(size).
 * Returns 0 or ALC_E_NOMEM.
 */
int alc_catalog_canonical(struct alc_buf *out, const struct alc_catalog *catalog,
                          struct alc_error *err);

#endif
