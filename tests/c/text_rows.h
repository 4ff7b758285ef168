/*
 * Rows written as text, for tests of the readers: a row a line, fields parted by '|',
 * '~' alone is NULL.  A field comes as text, as libpq gives it; where `typed` is set,
 * one that is a number comes as a number, as a DBAPI cursor gives it, unless '^' stands
 * before it.
 */
#ifndef ALC_TEST_TEXT_ROWS_H
#define ALC_TEST_TEXT_ROWS_H

#include <stdlib.h>
#include <string.h>

#include "alc/rows.h"

enum { TEXT_ROWS_MAX_COLUMNS = 32 };

struct text_rows {
    const char *at;
    size_t n_columns;
    bool typed;
};

static inline void text_rows_cell(struct alc_cell *cell, const char *ptr, size_t len,
                                  bool typed)
{
    char *end;
    bool marked = len && ptr[0] == '^';
    memset(cell, 0, sizeof *cell);
    cell->kind = ALC_CELL_TEXT;
    cell->text.ptr = ptr + marked;
    cell->text.len = len - marked;
    if (len == 1 && ptr[0] == '~') {
        cell->kind = ALC_CELL_NULL;
    } else if (typed && !marked && len && len < 20) {
        long long number = strtoll(ptr, &end, 10);
        if (end == ptr + len) {
            cell->kind = ALC_CELL_INT;
            cell->number = number;
        }
    }
}

static inline int text_rows_next(void *self, struct alc_cell *cells,
                                 struct alc_error *err)
{
    struct text_rows *rows = self;
    (void)err;
    if (!*rows->at) {
        return 0;
    }
    for (size_t i = 0; i < rows->n_columns; i++) {
        size_t len = strcspn(rows->at, "|\n");
        text_rows_cell(&cells[i], rows->at, len, rows->typed);
        rows->at += len + (rows->at[len] == '|');
    }
    rows->at += *rows->at == '\n';
    return 1;
}

static inline void text_rows_init(struct alc_rows *out, struct text_rows *rows,
                                  const char *text, size_t n_columns, bool typed)
{
    rows->at = text;
    rows->n_columns = n_columns;
    rows->typed = typed;
    out->self = rows;
    out->n_columns = n_columns;
    out->next = text_rows_next;
}

#endif
