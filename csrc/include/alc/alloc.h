/*
 * The one door to the heap.
 *
 * Everything in csrc/ allocates through these functions, so that a test can make any
 * single allocation fail (ALC_TEST_ALLOC, see below) and an overflow check is written
 * once.
 */
#ifndef ALC_ALLOC_H
#define ALC_ALLOC_H

#include <stddef.h>

/* Like malloc(), but len 0 gives a real pointer.  NULL when out of memory. */
void *alc_malloc(size_t len);

/* n zeroed items of item_len bytes; NULL when out of memory or on overflow. */
void *alc_calloc(size_t n, size_t item_len);

/* Like realloc(); on NULL the old block is still there.  len 0 never frees. */
void *alc_realloc(void *ptr, size_t len);

/* NULL is fine. */
void alc_free(void *ptr);

/*
 * Make room for `need` items in a heap array.
 * array: a pointer to items of any type, NULL at first, released with alc_free().
 * cap: a size_t, the number of items that it has room for, 0 at first.
 * Both are variables, evaluated once.  Grows geometrically, so that appending n items
 * costs O(n).  Returns 0 or ALC_E_NOMEM (also on overflow); then nothing has changed.
 */
#define ALC_GROW(array, cap, need)                                                     \
    alc_grow_array(&(array), &(cap), (need), sizeof *(array))

/*
 * What ALC_GROW() calls.  `array` is the address of the pointer: its type is not known
 * here, so it is read and written as bytes.
 */
int alc_grow_array(void *array, size_t *cap, size_t need, size_t item_len);

#ifdef ALC_TEST_ALLOC
/*
 * Tests only.  alc_test_fail_at(n): the n-th allocation from now on fails (1 is the
 * next one), and so does each one after it; 0 switches failing off.
 * alc_test_n_allocs(): allocations asked for since the last alc_test_fail_at().
 * alc_test_n_live(): blocks not freed yet, over the whole run.
 */
void alc_test_fail_at(size_t n);
size_t alc_test_n_allocs(void);
size_t alc_test_n_live(void);
#endif

#endif
