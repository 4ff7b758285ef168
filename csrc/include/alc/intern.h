/*
 * Strings to dense ids: equal strings get the same id, ids count from 0 in the order of
 * first appearance.  Adding and finding are O(len) expected.
 *
 * Strings are copied into the interner's arena; they and the table are valid until that
 * arena is reset or released.  There is nothing else to release.
 */
#ifndef ALC_INTERN_H
#define ALC_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "alc/arena.h"
#include "alc/error.h"
#include "alc/str.h"

#define ALC_NO_ID UINT32_MAX

struct alc_interner {
    struct alc_arena *arena; /* borrowed */
    struct alc_str *strs;    /* by id */
    uint64_t *hashes;        /* by id */
    uint32_t *slots;         /* open addressing, power of two; ALC_NO_ID is free */
    size_t n_slots;
    uint32_t n_strs;
    uint32_t cap;
};

/* No allocation.  `arena` is borrowed and must outlive the interner. */
void alc_interner_init(struct alc_interner *in, struct alc_arena *arena);

/*
 * Make room for n strings in all, so that the table does not have to grow on the way.
 * Returns 0, ALC_E_NOMEM, or ALC_E_LIMIT beyond 2^31.
 */
int alc_interner_reserve(struct alc_interner *in, size_t n, struct alc_error *err);

/*
 * The id of a string, added if new (then it is copied).
 * Returns 0, ALC_E_NOMEM, or ALC_E_LIMIT beyond 2^31 strings.
 */
int alc_interner_add(uint32_t *out, struct alc_interner *in, const char *ptr,
                     size_t len, struct alc_error *err);

/* The id of a string, ALC_NO_ID if it was never added. */
uint32_t alc_interner_find(const struct alc_interner *in, const char *ptr, size_t len);

/* The string of an id (id < n_strs), with a NUL behind it. */
static inline struct alc_str alc_interner_str(const struct alc_interner *in,
                                              uint32_t id)
{
    return in->strs[id];
}

#endif
