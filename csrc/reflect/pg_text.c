/*
 * PostgreSQL's text forms: arrays, and types with their modifiers.
 *
 * Sources: the manual's "Arrays" (input and output syntax); for the modifiers, the
 * behaviour of format_type(), with which the tests compare each of them.
 */
#include "pg_reader.h"

#include <stdio.h>
#include <string.h>

/* Count first, then fill: the elements are never more than the separators plus one. */
static size_t upper_bound(struct alc_str text, char separator)
{
    size_t n = 1;
    for (size_t i = 0; i < text.len; i++) {
        n += text.ptr[i] == separator;
    }
    return n;
}

/* One element from *at on, unquoted into `room`; *at is left behind it. */
static bool read_element(struct alc_str *out, char *room, struct alc_str text,
                         size_t *at, char separator)
{
    size_t i = *at, len = 0;
    bool quoted = i < text.len && text.ptr[i] == '"';
    i += quoted;
    for (; i < text.len; i++) {
        char c = text.ptr[i];
        if (quoted ? c == '"' : c == separator) {
            break;
        }
        if (!quoted && (c == '"' || c == '{' || c == '}')) {
            return false;
        }
        if (quoted && c == '\\' && ++i == text.len) {
            return false;
        }
        room[len++] = text.ptr[i];
    }
    if (quoted && i++ == text.len) {
        return false;
    }
    out->ptr = room;
    out->len = len;
    *at = i;
    return quoted || len > 0;
}

int pg_read_array(struct alc_str **out, size_t *n_out, struct alc_arena *arena,
                  struct alc_str text, struct alc_error *err)
{
    char separator = ' ';
    *out = NULL;
    *n_out = 0;
    if (text.len && text.ptr[0] == '{') {
        if (text.len < 2 || text.ptr[text.len - 1] != '}') {
            return alc_error_set(err, ALC_E_INVALID, 0, "not an array");
        }
        separator = ',';
        text.ptr++;
        text.len -= 2;
    }
    if (text.len == 0) {
        return 0;
    }
    struct alc_str *items =
        alc_arena_array(arena, upper_bound(text, separator), sizeof *items);
    char *room = alc_arena_alloc(arena, text.len);
    if (!items || !room) {
        return alc_error_nomem(err);
    }
    size_t n = 0;
    for (size_t at = 0;; at++) {
        if (!read_element(&items[n], room, text, &at, separator)) {
            return alc_error_set(err, ALC_E_INVALID, at, "not an array");
        }
        room += items[n++].len;
        if (at >= text.len) {
            break;
        }
        if (text.ptr[at] != separator || at + 1 == text.len) {
            return alc_error_set(err, ALC_E_INVALID, at, "not an array");
        }
    }
    *out = items;
    *n_out = n;
    return 0;
}

int pg_read_numbers(int64_t **out, size_t *n_out, struct alc_arena *arena,
                    struct alc_str text, struct alc_error *err)
{
    struct alc_str *items;
    *out = NULL;
    int rc = pg_read_array(&items, n_out, arena, text, err);
    if (rc || *n_out == 0) {
        return rc;
    }
    int64_t *numbers = alc_arena_array(arena, *n_out, sizeof *numbers);
    if (!numbers) {
        return alc_error_nomem(err);
    }
    for (size_t i = 0; !rc && i < *n_out; i++) {
        struct alc_cell cell = {ALC_CELL_TEXT, 0, items[i]};
        rc = alc_cell_int(&numbers[i], &cell, err);
    }
    *out = numbers;
    return rc;
}

enum modifier_form {
    FORM_LENGTH, /* typmod - 4 behind the name */
    FORM_PLAIN,  /* typmod itself behind the name */
    FORM_NUMERIC,
    FORM_MIDDLE, /* behind the first word: timestamp(3) with time zone */
};

/* Types of pg_catalog with modifiers; their oids never change between servers. */
static const struct {
    int64_t oid;
    enum modifier_form form;
} modified_types[] = {
    {1042, FORM_LENGTH},  /* character */
    {1043, FORM_LENGTH},  /* character varying */
    {1083, FORM_MIDDLE},  /* time */
    {1114, FORM_MIDDLE},  /* timestamp */
    {1184, FORM_MIDDLE},  /* timestamp with time zone */
    {1266, FORM_MIDDLE},  /* time with time zone */
    {1560, FORM_PLAIN},   /* bit */
    {1562, FORM_PLAIN},   /* bit varying */
    {1700, FORM_NUMERIC}, /* numeric */
};

enum { BPCHAR_OID = 1042, MODIFIER_ROOM = 48 };

/* The modifier as text; for a type that is not in the table a form nothing else has. */
static enum modifier_form modifier_text(char out[MODIFIER_ROOM], int64_t oid,
                                        int64_t modifier)
{
    for (size_t i = 0; i < sizeof modified_types / sizeof *modified_types; i++) {
        if (modified_types[i].oid != oid) {
            continue;
        }
        enum modifier_form form = modified_types[i].form;
        if (form == FORM_NUMERIC) {
            int64_t scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
            snprintf(out, MODIFIER_ROOM, "(%lld,%lld)",
                     (long long)(((modifier - 4) >> 16) & 0xffff), (long long)scale);
        } else {
            int64_t shown = form == FORM_LENGTH ? modifier - 4 : modifier;
            snprintf(out, MODIFIER_ROOM, "(%lld)", (long long)shown);
        }
        return form;
    }
    snprintf(out, MODIFIER_ROOM, " typmod %lld", (long long)modifier);
    return FORM_PLAIN;
}

static int append(struct alc_buf *buf, struct alc_str text, struct alc_error *err)
{
    return alc_buf_append(buf, text.ptr, text.len, err);
}

static struct alc_str literal(const char *text)
{
    struct alc_str str = {text, strlen(text)};
    return str;
}

/* The type of an element, without brackets. */
static int append_base(struct alc_buf *buf, const struct pg_type *type,
                       int64_t modifier, struct alc_error *err)
{
    struct alc_str name = type->name;
    struct alc_str head = name, tail = literal("");
    char text[MODIFIER_ROOM] = "";
    int rc = 0;
    if (modifier >= 0) {
        enum modifier_form form = modifier_text(text, type->oid, modifier);
        const char *space = memchr(name.ptr, ' ', name.len);
        if (form == FORM_MIDDLE && space) {
            head.len = (size_t)(space - name.ptr);
            tail.ptr = space;
            tail.len = name.len - head.len;
        }
    } else if (type->oid == BPCHAR_OID) {
        head = literal("bpchar"); /* without a length it is not "character" */
    }
    if (!alc_str_is_absent(type->schema)) {
        rc = append(buf, type->schema, err);
        rc = rc ? rc : alc_buf_put(buf, '.', err);
    }
    rc = rc ? rc : append(buf, head, err);
    rc = rc ? rc : append(buf, literal(text), err);
    rc = rc ? rc : append(buf, tail, err);
    if (!rc && !alc_str_is_absent(type->labels)) {
        rc = append(buf, literal(" enum("), err);
        rc = rc ? rc : append(buf, type->labels, err);
        rc = rc ? rc : alc_buf_put(buf, ')', err);
    }
    return rc;
}

/* Array types of pg_catalog end in brackets, those of users begin with a line. */
static bool is_array(const struct pg_type *type)
{
    struct alc_str name = type->name;
    if (!type->element) {
        return false;
    }
    if (alc_str_is_absent(type->schema)) {
        return name.len > 2 && memcmp(name.ptr + name.len - 2, "[]", 2) == 0;
    }
    return name.len && name.ptr[0] == '_';
}

int pg_type_text(struct alc_str *out, struct alc_pg_reader *reader, int64_t oid,
                 int64_t modifier, struct alc_error *err)
{
    struct alc_buf buf;
    alc_buf_init(&buf);
    const struct pg_type *type = pg_find_type(reader, oid);
    const struct pg_type *element =
        type && is_array(type) ? pg_find_type(reader, type->element) : NULL;
    int rc;
    if (!type) {
        rc = append(&buf, literal("unknown type"), err);
    } else if (element) {
        rc = append_base(&buf, element, modifier, err);
        rc = rc ? rc : append(&buf, literal("[]"), err);
    } else {
        rc = append_base(&buf, type, modifier, err);
    }
    if (!rc) {
        struct alc_str text = {buf.ptr, buf.len};
        rc = alc_catalog_text(out, reader->catalog, text, err);
    }
    alc_buf_release(&buf);
    return rc;
}
