/*
 * Reading single cells, whatever form their source gives them.
 */
#include "alc/rows.h"

int alc_cell_text(struct alc_str *out, const struct alc_cell *cell,
                  struct alc_error *err)
{
    if (cell->kind == ALC_CELL_INT) {
        return alc_error_set(err, ALC_E_INVALID, 0, "a number where text is wanted");
    }
    *out = cell->kind == ALC_CELL_TEXT ? cell->text : (struct alc_str){NULL, 0};
    return 0;
}

static int parse_number(int64_t *out, struct alc_str text, struct alc_error *err)
{
    if (text.len == 1 && (text.ptr[0] == 't' || text.ptr[0] == 'f')) {
        *out = text.ptr[0] == 't';
        return 0;
    }
    bool negative = text.len && text.ptr[0] == '-';
    size_t i = negative;
    uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    uint64_t value = 0;
    bool is_number = i < text.len;
    for (; is_number && i < text.len; i++) {
        unsigned digit = (unsigned)(unsigned char)text.ptr[i] - '0';
        is_number = digit <= 9 && value <= (limit - digit) / 10;
        value = value * 10 + digit;
    }
    if (!is_number) {
        return alc_error_set(err, ALC_E_INVALID, 0, "text where a number is wanted");
    }
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return 0;
}

int alc_cell_int(int64_t *out, const struct alc_cell *cell, struct alc_error *err)
{
    switch (cell->kind) {
    case ALC_CELL_INT:
        *out = cell->number;
        return 0;
    case ALC_CELL_TEXT:
        return parse_number(out, cell->text, err);
    case ALC_CELL_NULL:
        break;
    }
    return alc_error_set(err, ALC_E_INVALID, 0, "NULL where a number is wanted");
}
