/*
 * A bump allocator: many small pieces, one release.
 *
 * One arena holds one result.  Pieces are aligned for any type and live until
 * alc_arena_reset() or alc_arena_release(); there is no freeing of single pieces.
 * Allocating is O(1) amortised.  Not for sharing between threads.
 */
#ifndef ALC_ARENA_H
#define ALC_ARENA_H

#include <stddef.h>

struct alc_arena_chunk;

struct alc_arena {
    struct alc_arena_chunk *chunks; /* newest first */
    char *next;                     /* first free byte of the newest chunk */
    size_t left;                    /* free bytes in it */
    size_t next_len;                /* payload of the chunk to come */
};

/* No allocation. */
void alc_arena_init(struct alc_arena *arena);

/* Free everything; the arena is as after alc_arena_init(). */
void alc_arena_release(struct alc_arena *arena);

/* Forget all pieces but keep the newest (largest) chunk for reuse. */
void alc_arena_reset(struct alc_arena *arena);

/* len bytes, not initialised; NULL when out of memory.  len 0 gives a real pointer. */
void *alc_arena_alloc(struct alc_arena *arena, size_t len);

/* n zeroed items; NULL when out of memory or when n * item_len overflows. */
void *alc_arena_calloc(struct alc_arena *arena, size_t n, size_t item_len);

/* n items, not initialised; NULL when out of memory or on overflow. */
void *alc_arena_array(struct alc_arena *arena, size_t n, size_t item_len);

/* A copy of len bytes with a NUL behind it (not counted); NULL when out of memory. */
char *alc_arena_dup(struct alc_arena *arena, const void *ptr, size_t len);

#endif
