/* The heap behind one door; see alc/alloc.h. */
#include "alc/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alc/error.h"

#ifdef ALC_TEST_ALLOC

#include <stdatomic.h>

/* Test builds alone keep counters. */
static atomic_size_t test_fail_at;
static atomic_size_t test_n_allocs;
static atomic_size_t test_n_live;

void alc_test_fail_at(size_t n)
{
    test_fail_at = n;
    test_n_allocs = 0;
}

size_t alc_test_n_allocs(void)
{
    return test_n_allocs;
}

size_t alc_test_n_live(void)
{
    return test_n_live;
}

static int refused(void)
{
    size_t n = ++test_n_allocs;

    return test_fail_at && n >= test_fail_at;
}

static void *counted(void *ptr)
{
    test_n_live += ptr != NULL;
    return ptr;
}

static void uncount(const void *ptr)
{
    test_n_live -= ptr != NULL;
}

#else

static inline int refused(void)
{
    return 0;
}

static inline void *counted(void *ptr)
{
    return ptr;
}

static inline void uncount(const void *ptr)
{
    (void)ptr;
}

#endif

void *alc_malloc(size_t len)
{
    return refused() ? NULL : counted(malloc(len ? len : 1));
}

void *alc_calloc(size_t n, size_t item_len)
{
    if (refused()) {
        return NULL;
    }
    return n && item_len ? counted(calloc(n, item_len)) : counted(calloc(1, 1));
}

void *alc_realloc(void *ptr, size_t len)
{
    if (refused()) {
        return NULL;
    }
    if (!ptr) {
        return counted(malloc(len ? len : 1));
    }
    return realloc(ptr, len ? len : 1);
}

void alc_free(void *ptr)
{
    uncount(ptr);
    free(ptr);
}

int alc_grow_array(void *array, size_t *cap, size_t need, size_t item_len)
{
    enum { FIRST_CAP = 16 };
    size_t want = *cap;
    void *ptr;

    if (need <= *cap) {
        return 0;
    }
    want = want > SIZE_MAX / 2 ? need : want * 2;
    if (want < FIRST_CAP) {
        want = FIRST_CAP;
    }
    if (want < need) {
        want = need;
    }
    if (want > SIZE_MAX / item_len) {
        return ALC_E_NOMEM;
    }
    memcpy(&ptr, array, sizeof ptr);
    ptr = alc_realloc(ptr, want * item_len);
    if (!ptr) {
        return ALC_E_NOMEM;
    }
    memcpy(array, &ptr, sizeof ptr);
    *cap = want;
    return 0;
}
