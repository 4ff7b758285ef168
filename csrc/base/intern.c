/*
 * Open addressing with linear probing, at most half full.  Old tables stay in the arena
 * when it grows; they add up to less than the last one.
 */
#include "alc/intern.h"

#include <string.h>

enum { FIRST_CAP = 32 };

#define MAX_STRS (UINT32_C(1) << 31)

void alc_interner_init(struct alc_interner *in, struct alc_arena *arena)
{
    memset(in, 0, sizeof *in);
    in->arena = arena;
}

static uint64_t mix(uint64_t h)
{
    h ^= h >> 32;
    h *= UINT64_C(0xd6e8feb86659fd93);
    h ^= h >> 32;
    return h;
}

/* Eight bytes a step; the length takes part, so that trailing NULs count. */
static uint64_t hash_bytes(const char *ptr, size_t len)
{
    uint64_t h = UINT64_C(0x9e3779b97f4a7c15) ^ len;
    uint64_t word;

    for (; len >= sizeof word; ptr += sizeof word, len -= sizeof word) {
        memcpy(&word, ptr, sizeof word);
        h = mix(h ^ word) + UINT64_C(0x9e3779b97f4a7c15);
    }
    word = 0;
    if (len) {
        memcpy(&word, ptr, len);
    }
    return mix(mix(h ^ word));
}

/* The slot that holds the string, or the free one where it belongs. */
static size_t find_slot(const struct alc_interner *in, uint64_t hash, const char *ptr,
                        size_t len)
{
    size_t mask = in->n_slots - 1;
    size_t slot = (size_t)hash & mask;

    for (;; slot = (slot + 1) & mask) {
        uint32_t id = in->slots[slot];
        if (id == ALC_NO_ID) {
            return slot;
        }
        if (in->hashes[id] == hash && in->strs[id].len == len &&
            (len == 0 || memcmp(in->strs[id].ptr, ptr, len) == 0)) {
            return slot;
        }
    }
}

/*
 * Make room for `cap` strings, a power of two; the old content is copied and put in its
 * new slots.
 */
static int grow(struct alc_interner *in, uint32_t cap, struct alc_error *err)
{
    size_t n_slots = (size_t)cap * 2;
    struct alc_str *strs = alc_arena_array(in->arena, cap, sizeof *strs);
    uint64_t *hashes = alc_arena_array(in->arena, cap, sizeof *hashes);
    uint32_t *slots = alc_arena_array(in->arena, n_slots, sizeof *slots);

    if (!strs || !hashes || !slots) {
        return alc_error_nomem(err);
    }
    if (in->n_strs) {
        memcpy(strs, in->strs, in->n_strs * sizeof *strs);
        memcpy(hashes, in->hashes, in->n_strs * sizeof *hashes);
    }
    memset(slots, 0xff, n_slots * sizeof *slots);
    in->strs = strs;
    in->hashes = hashes;
    in->slots = slots;
    in->n_slots = n_slots;
    in->cap = cap;
    for (uint32_t id = 0; id < in->n_strs; id++) {
        size_t slot = (size_t)hashes[id] & (n_slots - 1);
        while (slots[slot] != ALC_NO_ID) {
            slot = (slot + 1) & (n_slots - 1);
        }
        slots[slot] = id;
    }
    return 0;
}

int alc_interner_reserve(struct alc_interner *in, size_t n, struct alc_error *err)
{
    uint32_t cap = in->cap ? in->cap : FIRST_CAP;

    if (n > MAX_STRS) {
        return alc_error_set(err, ALC_E_LIMIT, 0, "too many strings");
    }
    while (cap < n) {
        cap *= 2;
    }
    return cap > in->cap ? grow(in, cap, err) : 0;
}

int alc_interner_add(uint32_t *out, struct alc_interner *in, const char *ptr,
                     size_t len, struct alc_error *err)
{
    uint64_t hash = hash_bytes(ptr, len);
    uint32_t id = in->n_strs;
    size_t slot = 0;

    if (in->n_slots) {
        slot = find_slot(in, hash, ptr, len);
        if (in->slots[slot] != ALC_NO_ID) {
            *out = in->slots[slot];
            return 0;
        }
    }
    if (id == in->cap) {
        int rc = alc_interner_reserve(in, (size_t)id + 1, err);
        if (rc < 0) {
            return rc;
        }
        slot = find_slot(in, hash, ptr, len);
    }
    char *copy = alc_arena_dup(in->arena, ptr, len);
    if (!copy) {
        return alc_error_nomem(err);
    }
    in->strs[id] = (struct alc_str){copy, len};
    in->hashes[id] = hash;
    in->slots[slot] = id;
    in->n_strs = id + 1;
    *out = id;
    return 0;
}

uint32_t alc_interner_find(const struct alc_interner *in, const char *ptr, size_t len)
{
    if (!in->n_slots) {
        return ALC_NO_ID;
    }
    return in->slots[find_slot(in, hash_bytes(ptr, len), ptr, len)];
}
