/*
 * Rows out of a fuzzer's input, which is text, so that the corpus can be read: queries
 * parted by form feeds, rows by newlines, fields by '|'; '~' alone is NULL, '#' before
 * a field makes it a number.  Missing fields are NULL.
 */
#ifndef ALC_FUZZ_TEXT_SOURCE_H
#define ALC_FUZZ_TEXT_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alc/rows.h"

static inline void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

enum { MAX_COLUMNS = 32 };

/* Each text is a block of its own, so that reading past its end is caught. */
struct source {
    const char *at, *end;
    size_t n_columns;
    char *blocks[MAX_COLUMNS];
};

static inline void free_blocks(struct source *source)
{
    for (size_t i = 0; i < MAX_COLUMNS; i++) {
        free(source->blocks[i]);
        source->blocks[i] = NULL;
    }
}

static inline void fill_cell(struct alc_cell *cell, char **block, const char *ptr,
                             size_t len)
{
    memset(cell, 0, sizeof *cell);
    if (len == 1 && ptr[0] == '~') {
        return;
    }
    if (len && ptr[0] == '#') {
        cell->kind = ALC_CELL_INT;
        for (size_t i = 1; i < len; i++) {
            cell->number =
                (int64_t)((uint64_t)cell->number * 31 + (uint8_t)ptr[i] - 48);
        }
        return;
    }
    *block = malloc(len ? len : 1);
    check(*block != NULL);
    memcpy(*block, ptr, len);
    cell->kind = ALC_CELL_TEXT;
    cell->text.ptr = *block;
    cell->text.len = len;
}

static inline int next_row(void *self, struct alc_cell *cells, struct alc_error *err)
{
    struct source *source = self;
    (void)err;
    free_blocks(source);
    if (source->at == source->end || *source->at == '\f') {
        return 0;
    }
    for (size_t i = 0; i < source->n_columns; i++) {
        const char *start = source->at;
        while (source->at < source->end && !memchr("|\n\f", *source->at, 3)) {
            source->at++;
        }
        fill_cell(&cells[i], &source->blocks[i], start, (size_t)(source->at - start));
        if (source->at < source->end && *source->at == '|') {
            source->at++;
        }
    }
    while (source->at < source->end && *source->at != '\f' && *source->at++ != '\n') {
    }
    return 1;
}

/* The rows of the query at hand; next_query() goes on to the one behind it. */
static inline struct alc_rows rows_of(struct source *source, size_t n_columns)
{
    source->n_columns = n_columns;
    return (struct alc_rows){source, n_columns, next_row};
}

static inline void next_query(struct source *source)
{
    source->at += source->at < source->end; /* the form feed */
}

#endif
