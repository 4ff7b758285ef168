/*
 * A set of small integers, 64 a word, in an arena.  The functions are inline because
 * graph walks spend their time in them.  Members must be below n_bits (asserted).
 */
#ifndef ALC_BITSET_H
#define ALC_BITSET_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "alc/arena.h"
#include "alc/error.h"

struct alc_bitset {
    uint64_t *words; /* in the arena given to alc_bitset_make() */
    size_t n_words;
    size_t n_bits;
};

/* An empty set of room for n_bits, in `arena`.  Returns 0 or ALC_E_NOMEM. */
int alc_bitset_make(struct alc_bitset *out, size_t n_bits, struct alc_arena *arena,
                    struct alc_error *err);

/* Number of members.  O(n_words). */
size_t alc_bitset_count(const struct alc_bitset *set);

/* The first member at or after `from`; n_bits when there is none. */
size_t alc_bitset_next(const struct alc_bitset *set, size_t from);

/* Add all members of `from` (of the same n_bits) to `to`. */
void alc_bitset_union(struct alc_bitset *to, const struct alc_bitset *from);

static inline bool alc_bitset_has(const struct alc_bitset *set, size_t bit)
{
    assert(bit < set->n_bits);
    return (set->words[bit >> 6] >> (bit & 63)) & 1u;
}

static inline void alc_bitset_add(struct alc_bitset *set, size_t bit)
{
    assert(bit < set->n_bits);
    set->words[bit >> 6] |= UINT64_C(1) << (bit & 63);
}

static inline void alc_bitset_remove(struct alc_bitset *set, size_t bit)
{
    assert(bit < set->n_bits);
    set->words[bit >> 6] &= ~(UINT64_C(1) << (bit & 63));
}

/* Add a bit and say whether it was there before. */
static inline bool alc_bitset_test_add(struct alc_bitset *set, size_t bit)
{
    bool was = alc_bitset_has(set, bit);
    alc_bitset_add(set, bit);
    return was;
}

static inline void alc_bitset_clear(struct alc_bitset *set)
{
    if (set->n_words) {
        memset(set->words, 0, set->n_words * sizeof *set->words);
    }
}

#endif
