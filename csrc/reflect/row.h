/*
 * Reading the rows of a query: the values of a row are taken by the names of its
 * columns, an enum that stands beside the query.
 */
#ifndef ALC_REFLECT_ROW_H
#define ALC_REFLECT_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alc/catalog.h"
#include "alc/rows.h"

/*
 * A row that is read.  The first failure stays in rc, with its words in err; what is
 * taken after it is 0, false or absent.
 */
struct row {
    const struct alc_cell *cells;
    struct alc_error *err;
    int rc;
};

static inline int64_t take_int(struct row *row, size_t column)
{
    int64_t value = 0;
    if (!row->rc) {
        row->rc = alc_cell_int(&value, &row->cells[column], row->err);
    }
    return row->rc ? 0 : value;
}

/* NULL counts as false. */
static inline bool take_flag(struct row *row, size_t column)
{
    return row->cells[column].kind != ALC_CELL_NULL && take_int(row, column) != 0;
}

/* Absent for NULL. */
static inline struct alc_str take_text(struct row *row, size_t column)
{
    struct alc_str text = {NULL, 0};
    if (!row->rc) {
        row->rc = alc_cell_text(&text, &row->cells[column], row->err);
    }
    return text;
}

/* Text that is never NULL in the catalogs. */
static inline struct alc_str take_name(struct row *row, size_t column)
{
    struct alc_str text = take_text(row, column);
    if (!row->rc && !text.ptr) {
        row->rc = alc_error_set(row->err, ALC_E_INVALID, 0, "NULL for a name");
    }
    return text;
}

/* As take_text(), copied into the catalog. */
static inline struct alc_str copy_text(struct row *row, struct alc_catalog *catalog,
                                       size_t column)
{
    struct alc_str copy = {NULL, 0}, text = take_text(row, column);
    if (!row->rc) {
        row->rc = alc_catalog_text(&copy, catalog, text, row->err);
    }
    return copy;
}

/* Reads one row.  Returns 0 or a negative ALC_E_*. */
typedef int row_fn(void *reader, struct row *row);

/*
 * Read all rows; cells: room for one of them.
 * Returns 0, or what the source or the first failing read returned; err->pos is the
 * row's number then.
 */
static inline int read_rows(struct alc_rows *rows, struct alc_cell *cells, row_fn *read,
                            void *reader, struct alc_error *err)
{
    int rc;
    for (size_t n = 0; (rc = rows->next(rows->self, cells, err)) > 0; n++) {
        struct row row = {cells, err, 0};
        rc = read(reader, &row);
        if (rc) {
            if (err) {
                err->pos = n;
            }
            return rc;
        }
    }
    return rc;
}

#endif
