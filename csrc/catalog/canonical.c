/*
 * The canonical bytes of the schema model.
 *
 * Each number is eight bytes, least significant first; each string its length and its
 * bytes; an absent string the length 2^64-1 alone.  Fields stand in the order of
 * alc/model.def.  One that is written only when it is set has 2^64-2 before it, which
 * is no length, number of items or kind of constraint, and its name.  So no two models
 * share their bytes.
 */
#include <stdint.h>

#include "alc/catalog.h"
#include "alc/fields.h"

#define MARK_ABSENT UINT64_MAX
#define MARK_NAMED (UINT64_MAX - 1)

/* Writes until the first failure, which it keeps. */
struct writer {
    struct alc_buf *out;
    struct alc_error *err;
    int rc;
};

static void put_bytes(struct writer *w, const void *ptr, size_t len)
{
    if (!w->rc && len) {
        w->rc = alc_buf_append(w->out, ptr, len, w->err);
    }
}

static void put_number(struct writer *w, uint64_t number)
{
    enum { LEN = 8 };
    w->rc = w->rc ? w->rc : alc_buf_reserve(w->out, LEN, w->err);
    if (!w->rc) {
        char *to = w->out->ptr + w->out->len;
        for (size_t i = 0; i < LEN; i++) {
            to[i] = (char)(number >> (8 * i) & 0xff);
        }
        w->out->len += LEN;
    }
}

static void put_text(struct writer *w, struct alc_str text)
{
    if (alc_str_is_absent(text)) {
        put_number(w, MARK_ABSENT);
        return;
    }
    put_number(w, text.len);
    put_bytes(w, text.ptr, text.len);
}

static void put_item(struct writer *w, const struct alc_item *item, const void *ptr);

static void put_value(struct writer *w, const struct alc_field *field, const void *item)
{
    const void *at = alc_field_at(field, item);
    size_t n = 0;
    switch (field->shape) {
    case ALC_TEXT:
        put_text(w, *(const struct alc_str *)at);
        return;
    case ALC_FLAG:
        put_number(w, *(const bool *)at);
        return;
    case ALC_NUMBER:
        put_number(w, (uint64_t) * (const int64_t *)at);
        return;
    case ALC_CHOICE:
        put_number(w, *(const unsigned *)at);
        return;
    case ALC_TEXTS:
        n = alc_field_count(field, item);
        put_number(w, n);
        for (size_t i = 0; i < n; i++) {
            put_text(w, ((const struct alc_str *)at)[i]);
        }
        return;
    case ALC_ITEMS:
        n = alc_field_count(field, item);
        put_number(w, n);
        for (size_t i = 0; i < n; i++) {
            put_item(w, field->of, (const char *)at + i * field->of->size);
        }
        return;
    case ALC_NESTED: /* the choice before it says whether it is there */
        if (alc_field_count(field, item)) {
            put_item(w, field->of, at);
        }
        return;
    }
}

static bool is_set(const struct alc_field *field, const void *item)
{
    const void *at = alc_field_at(field, item);
    switch (field->shape) {
    case ALC_TEXT:
        return !alc_str_is_absent(*(const struct alc_str *)at);
    case ALC_FLAG:
        return *(const bool *)at;
    case ALC_NUMBER:
        return *(const int64_t *)at != 0;
    case ALC_CHOICE:
        return *(const unsigned *)at != 0;
    case ALC_TEXTS:
    case ALC_ITEMS:
    case ALC_NESTED:
        break;
    }
    return alc_field_count(field, item) != 0;
}

static void put_field(struct writer *w, const struct alc_field *field, const void *item)
{
    switch (field->written) {
    case ALC_ALWAYS:
        break;
    case ALC_FOR_FOREIGN_KEY:
        if (((const struct alc_constraint *)item)->kind != ALC_FOREIGN_KEY) {
            return;
        }
        break;
    case ALC_WHEN_SET: {
        struct alc_str name = {field->name, strlen(field->name)};
        if (!is_set(field, item)) {
            return;
        }
        put_number(w, MARK_NAMED);
        put_text(w, name);
        break;
    }
    }
    put_value(w, field, item);
}

static void put_item(struct writer *w, const struct alc_item *item, const void *ptr)
{
    for (size_t i = 0; i < item->n_fields && !w->rc; i++) {
        put_field(w, &item->fields[i], ptr);
    }
}

int alc_item_canonical(struct alc_buf *out, const struct alc_item *item,
                       const void *ptr, struct alc_error *err)
{
    struct writer w = {out, err, 0};
    put_item(&w, item, ptr);
    return w.rc;
}

int alc_catalog_canonical(struct alc_buf *out, const struct alc_catalog *catalog,
                          struct alc_error *err)
{
    struct writer w = {out, err, 0};
    put_number(&w, catalog->backend);
    put_number(&w, catalog->n_tables);
    int rc = w.rc;
    for (size_t i = 0; i < catalog->n_tables && !rc; i++) {
        rc = alc_item_canonical(out, &alc_table_item, catalog->tables[i], err);
    }
    return rc;
}
