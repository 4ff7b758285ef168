/*
 * Where rows come from: a result of libpq, a statement of sqlite3, tuples of a DBAPI
 * cursor, an array in a test.  A reader (csrc/reflect/) pulls them through this and
 * knows nothing else of its database.
 */
#ifndef ALC_ROWS_H
#define ALC_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alc/error.h"
#include "alc/str.h"

enum alc_cell_kind {
    ALC_CELL_NULL = 0,
    ALC_CELL_INT,
    ALC_CELL_TEXT,
};

/* One field.  Text borrows from the source; valid until its next row. */
struct alc_cell {
    enum alc_cell_kind kind;
    int64_t number;      /* ALC_CELL_INT; also true and false */
    struct alc_str text; /* ALC_CELL_TEXT */
};

struct alc_rows {
    void *self;
    size_t n_columns;
    /*
     * Fill n_columns cells with the next row.
     * Returns 1, 0 at the end, or a negative ALC_E_*.
     */
    int (*next)(void *self, struct alc_cell *cells, struct alc_error *err);
};

/* The text of a cell; absent (NULL ptr) for NULL; ALC_E_INVALID for a number. */
int alc_cell_text(struct alc_str *out, const struct alc_cell *cell,
                  struct alc_error *err);

/*
 * The number in a cell, also when it comes as decimal text (libpq); true and false may
 * be 't' and 'f'.  NULL is ALC_E_INVALID, as is text that is no number in range.
 */
int alc_cell_int(int64_t *out, const struct alc_cell *cell, struct alc_error *err);

#endif
