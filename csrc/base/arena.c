/*
 * Chunks in a list, the newest in use.  Chunks double up to a limit; a piece larger
 * than what a new chunk would hold gets a chunk of its own size.
 */
#include "alc/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "alc/alloc.h"

enum { FIRST_LEN = 4096 - 64, LAST_LEN = 1 << 20 };

struct alc_arena_chunk {
    alignas(max_align_t) struct alc_arena_chunk *older;
    size_t len; /* of the payload, which follows the header */
};

static char *payload(struct alc_arena_chunk *chunk)
{
    return (char *)(chunk + 1);
}

void alc_arena_init(struct alc_arena *arena)
{
    arena->chunks = NULL;
    arena->next = NULL;
    arena->left = 0;
    arena->next_len = FIRST_LEN;
}

static void free_chunks(struct alc_arena_chunk *chunk)
{
    while (chunk) {
        struct alc_arena_chunk *older = chunk->older;
        alc_free(chunk);
        chunk = older;
    }
}

void alc_arena_release(struct alc_arena *arena)
{
    free_chunks(arena->chunks);
    alc_arena_init(arena);
}

void alc_arena_reset(struct alc_arena *arena)
{
    struct alc_arena_chunk *kept = arena->chunks;

    if (!kept) {
        return;
    }
    free_chunks(kept->older);
    kept->older = NULL;
    arena->next = payload(kept);
    arena->left = kept->len;
}

static int add_chunk(struct alc_arena *arena, size_t need)
{
    size_t len = arena->next_len > need ? arena->next_len : need;
    struct alc_arena_chunk *chunk;

    if (len > SIZE_MAX - sizeof *chunk) {
        return -1;
    }
    chunk = alc_malloc(sizeof *chunk + len);
    if (!chunk) {
        return -1;
    }
    chunk->older = arena->chunks;
    chunk->len = len;
    arena->chunks = chunk;
    arena->next = payload(chunk);
    arena->left = len;
    if (arena->next_len < LAST_LEN) {
        arena->next_len *= 2;
    }
    return 0;
}

void *alc_arena_alloc(struct alc_arena *arena, size_t len)
{
    const size_t mask = alignof(max_align_t) - 1;
    char *piece;

    if (len > SIZE_MAX - mask) {
        return NULL;
    }
    len = len ? (len + mask) & ~mask : mask + 1;
    if (len > arena->left && add_chunk(arena, len) < 0) {
        return NULL;
    }
    piece = arena->next;
    arena->next += len;
    arena->left -= len;
    return piece;
}

void *alc_arena_array(struct alc_arena *arena, size_t n, size_t item_len)
{
    if (item_len && n > SIZE_MAX / item_len) {
        return NULL;
    }
    return alc_arena_alloc(arena, n * item_len);
}

void *alc_arena_calloc(struct alc_arena *arena, size_t n, size_t item_len)
{
    void *items = alc_arena_array(arena, n, item_len);

    return items ? memset(items, 0, n * item_len) : NULL;
}

char *alc_arena_dup(struct alc_arena *arena, const void *ptr, size_t len)
{
    char *copy = len < SIZE_MAX ? alc_arena_alloc(arena, len + 1) : NULL;

    if (copy) {
        if (len) {
            memcpy(copy, ptr, len);
        }
        copy[len] = '\0';
    }
    return copy;
}
