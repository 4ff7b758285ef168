/*
 * Libraries of others, loaded when they are needed: nothing is linked with them, and
 * none of their headers is read.  What is used of one is declared here, in a list of
 * functions
 * (../libpq/libpq_functions.h, ../sqlite3/sqlite3_functions.h);
 * tests/unit/test_libraries.py compares the lists with the libraries' own headers.
 */
#ifndef ALC_SOURCE_LIBRARY_H
#define ALC_SOURCE_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

#include "alc/error.h"

struct alc_symbol {
    const char *name;
    bool is_optional; /* newer than what is needed: NULL where it is missing */
};

/*
 * Load a library and look its functions up; it stays loaded.
 * functions: room for n pointers to functions, in the order of `symbols`.
 * path: of the library, or a name that the system's loader looks for; of anything that
 * is linked with it, such as an extension module; "" for what the process itself has.
 * Returns 0, or ALC_E_IO with the loader's words.
 */
int alc_library_load(void *functions, const struct alc_symbol *symbols, size_t n,
                     const char *path, struct alc_error *err);

/* Whether two paths, as above, lead to the same copy of the function of that name.
 * False if one of them does not lead to any. */
bool alc_library_shared(const char *path, const char *other, const char *symbol);

#endif
