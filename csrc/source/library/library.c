/* See library.h. */
#include "library.h"

#include <dlfcn.h>
#include <string.h>

static void *open_library(const char *path)
{
    return dlopen(*path ? path : NULL, RTLD_LAZY | RTLD_LOCAL);
}

int alc_library_load(void *functions, const struct alc_symbol *symbols, size_t n,
                     const char *path, struct alc_error *err)
{
    void *library = open_library(path);
    if (!library) {
        const char *reason = dlerror();
        return alc_error_set(err, ALC_E_IO, 0, "%s", reason ? reason : path);
    }
    for (size_t i = 0; i < n; i++) {
        void *function = dlsym(library, symbols[i].name);
        if (!function && !symbols[i].is_optional) {
            dlclose(library);
            return alc_error_set(err, ALC_E_IO, 0, "%s: no function %s",
                                 *path ? path : "this process", symbols[i].name);
        }
        /* POSIX gives functions as pointers to objects. */
        memcpy((char *)functions + i * sizeof function, &function, sizeof function);
    }
    return 0;
}

/* The address of a function, or NULL.  The library need not stay: only the same address
 * at the same time means the same copy. */
bool alc_library_shared(const char *path, const char *other, const char *symbol)
{
    void *library = open_library(path), *second = open_library(other);
    void *a = library ? dlsym(library, symbol) : NULL;
    void *b = second ? dlsym(second, symbol) : NULL;
    if (library) {
        dlclose(library);
    }
    if (second) {
        dlclose(second);
    }
    return a && a == b;
}
