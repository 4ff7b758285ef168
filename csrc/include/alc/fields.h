/*
 * The fields of the schema model as data, for code that treats all of them alike.
 * Made from alc/model.def.
 */
#ifndef ALC_FIELDS_H
#define ALC_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "alc/catalog.h"

enum alc_shape {
    ALC_TEXT,
    ALC_TEXTS,
    ALC_FLAG,
    ALC_NUMBER,
    ALC_CHOICE,
    ALC_ITEMS,
    ALC_NESTED,
};

enum alc_role { ALC_KEY, ALC_ASPECT, ALC_CONTENT };
enum alc_proof_use { ALC_COMPARED, ALC_IGNORED };
enum alc_written { ALC_ALWAYS, ALC_FOR_FOREIGN_KEY, ALC_WHEN_SET };

struct alc_field {
    const char *name;
    enum alc_shape shape;
    enum alc_role role;
    enum alc_proof_use proof;
    enum alc_written written;
    size_t offset;
    size_t
        n_offset; /* TEXTS, ITEMS: where their number is; NESTED: where the CHOICE is */
    const char *const *words;  /* CHOICE: by value; NULL for what is None in Python */
    size_t n_words;            /* CHOICE */
    const struct alc_item *of; /* ITEMS, NESTED */
};

struct alc_item {
    const char *name; /* "column" is struct alc_column */
    size_t size;
    const struct alc_field *fields; /* in the order of alc/model.def */
    size_t n_fields;
};

/* alc_table_item, alc_column_item, ... */
#define STRUCT(item) extern const struct alc_item alc_##item##_item;
#include "alc/model.def"

/* ALC_FIELD_column_name, ...: the place of a field in the fields of its item. */
#define STRUCT(item) enum {
#define FIELD(item, field) ALC_FIELD_##item##_##field,
#define END_STRUCT(item)                                                               \
    ALC_N_FIELDS_##item                                                                \
    }                                                                                  \
    ;
#include "alc/model.def"

#define STRUCT(item)                                                                   \
    extern const struct alc_field alc_##item##_fields[ALC_N_FIELDS_##item];
#include "alc/model.def"

/* alc_backend_words, ...: by value. */
#define END_WORDS(name) extern const char *const alc_##name##_words[];
#include "alc/model.def"

/* The address of a field's value; of the first one for TEXTS and ITEMS. */
static inline const void *alc_field_at(const struct alc_field *field, const void *item)
{
    const void *at = (const char *)item + field->offset;
    return field->shape == ALC_TEXTS || field->shape == ALC_ITEMS
               ? *(const void *const *)at
               : at;
}

/* How many values there are of a field that is TEXTS, ITEMS or NESTED (0 or 1). */
static inline size_t alc_field_count(const struct alc_field *field, const void *item)
{
    const void *at = (const char *)item + field->n_offset;
    return field->shape == ALC_NESTED ? *(const unsigned *)at != 0
                                      : *(const size_t *)at;
}

/* Byte order, absent first: negative, 0 or positive. */
int alc_str_compare(struct alc_str a, struct alc_str b);

/*
 * Compare two items of one kind, field by field: a total order, in which two items are
 * the same only if all of their fields are.  Absent text comes first, then byte order.
 */
int alc_item_compare(const struct alc_item *item, const void *a, const void *b);

/* Append the canonical bytes of one item.  Returns 0 or ALC_E_NOMEM. */
int alc_item_canonical(struct alc_buf *out, const struct alc_item *item,
                       const void *ptr, struct alc_error *err);

#endif
