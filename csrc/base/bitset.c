/* The parts of the bit set that are not inline; see alc/bitset.h. */
#include "alc/bitset.h"

int alc_bitset_make(struct alc_bitset *out, size_t n_bits, struct alc_arena *arena,
                    struct alc_error *err)
{
    out->n_bits = n_bits;
    out->n_words = n_bits / 64 + (n_bits % 64 != 0);
    out->words = alc_arena_calloc(arena, out->n_words, sizeof *out->words);
    return out->words ? 0 : alc_error_nomem(err);
}

size_t alc_bitset_count(const struct alc_bitset *set)
{
    size_t n = 0;

    for (size_t i = 0; i < set->n_words; i++) {
        n += (size_t)__builtin_popcountll(set->words[i]);
    }
    return n;
}

size_t alc_bitset_next(const struct alc_bitset *set, size_t from)
{
    size_t i = from >> 6;

    if (from >= set->n_bits) {
        return set->n_bits;
    }
    uint64_t word = set->words[i] & (UINT64_MAX << (from & 63));
    while (!word) {
        if (++i == set->n_words) {
            return set->n_bits;
        }
        word = set->words[i];
    }
    return (i << 6) + (size_t)__builtin_ctzll(word);
}

void alc_bitset_union(struct alc_bitset *to, const struct alc_bitset *from)
{
    assert(to->n_bits == from->n_bits);
    for (size_t i = 0; i < to->n_words; i++) {
        to->words[i] |= from->words[i];
    }
}
