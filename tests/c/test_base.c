/* base/: arena, interner, buffer, bit set, error record. */
#include <errno.h>
#include <stdalign.h>
#include <stdint.h>

#include "harness.h"

#include "alc/arena.h"
#include "alc/bitset.h"
#include "alc/buf.h"
#include "alc/intern.h"

static void test_arena_pieces(void)
{
    static const size_t lens[] = {0, 1, 15, 16, 17, 4000, 4096, 100000, 3, 1 << 21, 8};
    struct alc_arena arena;
    char *pieces[sizeof lens / sizeof *lens];

    alc_arena_init(&arena);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
            pieces[i] = alc_arena_alloc(&arena, lens[i]);
            CHECK(pieces[i] != NULL);
            CHECK((uintptr_t)pieces[i] % alignof(max_align_t) == 0);
            memset(pieces[i], (int)i, lens[i]);
        }
        for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
            for (size_t k = 0; k < lens[i]; k += 997) {
                CHECK(pieces[i][k] == (char)i);
            }
        }
        alc_arena_reset(&arena);
    }
    alc_arena_release(&arena);
    alc_arena_release(&arena); /* twice does no harm */
}

static void test_arena_overflow(void)
{
    struct alc_arena arena;
    int *zeros;

    alc_arena_init(&arena);
    CHECK(alc_arena_alloc(&arena, SIZE_MAX) == NULL);
    CHECK(alc_arena_alloc(&arena, SIZE_MAX - 20) == NULL);
    CHECK(alc_arena_array(&arena, SIZE_MAX / 4, 8) == NULL);
    CHECK(alc_arena_calloc(&arena, SIZE_MAX / 2, 3) == NULL);
    CHECK(alc_arena_dup(&arena, "", SIZE_MAX) == NULL);
    zeros = alc_arena_calloc(&arena, 1000, sizeof *zeros);
    CHECK(zeros && zeros[0] == 0 && zeros[999] == 0);
    CHECK(strcmp(alc_arena_dup(&arena, NULL, 0), "") == 0);
    CHECK(memcmp(alc_arena_dup(&arena, "a\0b", 3), "a\0b", 4) == 0);
    alc_arena_release(&arena);
}

static void test_buffer(void)
{
    struct alc_buf buf = {0};

    for (int i = 0; i < 1000; i++) {
        CHECK(alc_buf_put(&buf, (char)i, NULL) == 0);
        CHECK(alc_buf_append(&buf, "xyz", 3, NULL) == 0);
    }
    CHECK(alc_buf_append(&buf, NULL, 0, NULL) == 0);
    CHECK(buf.len == 4000 && buf.ptr[4 * 77] == 77 && buf.ptr[3999] == 'z');
    CHECK(alc_buf_reserve(&buf, SIZE_MAX, NULL) == ALC_E_NOMEM);
    CHECK(alc_buf_reserve(&buf, SIZE_MAX - 4000, NULL) == ALC_E_NOMEM);
    CHECK(buf.len == 4000);
    alc_buf_reset(&buf);
    CHECK(buf.len == 0 && buf.cap >= 4000);
    alc_buf_release(&buf);
    CHECK(buf.ptr == NULL && buf.cap == 0);
}

static void test_grow(void)
{
    uint64_t *items = NULL;
    size_t cap = 0;

    CHECK(ALC_GROW(items, cap, 1) == 0 && items && cap >= 1);
    items[0] = 7;
    CHECK(ALC_GROW(items, cap, 100) == 0 && cap >= 100 && items[0] == 7);
    cap = 100;
    CHECK(ALC_GROW(items, cap, 50) == 0 && cap == 100);
    CHECK(ALC_GROW(items, cap, SIZE_MAX / 8 + 1) == ALC_E_NOMEM && cap == 100);
    CHECK(items && items[0] == 7);
    alc_free(items);
    alc_free(NULL);
}

static void test_bitset(void)
{
    static const size_t sizes[] = {1, 63, 64, 65, 127, 128, 1000};
    struct alc_arena arena;

    alc_arena_init(&arena);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t n = sizes[s], found = 0;
        struct alc_bitset set, other;

        CHECK(alc_bitset_make(&set, n, &arena, NULL) == 0);
        CHECK(alc_bitset_make(&other, n, &arena, NULL) == 0);
        CHECK(alc_bitset_count(&set) == 0 && alc_bitset_next(&set, 0) == n);
        for (size_t bit = 0; bit < n; bit += 7) {
            CHECK(!alc_bitset_test_add(&set, bit));
            CHECK(alc_bitset_test_add(&set, bit));
        }
        for (size_t b = alc_bitset_next(&set, 0); b < n;
             b = alc_bitset_next(&set, b + 1)) {
            CHECK(b == 7 * found++ && alc_bitset_has(&set, b));
        }
        CHECK(found == (n + 6) / 7 && alc_bitset_count(&set) == found);
        CHECK(alc_bitset_next(&set, n) == n && alc_bitset_next(&set, n + 99) == n);
        alc_bitset_add(&other, n - 1);
        alc_bitset_union(&set, &other);
        CHECK(alc_bitset_has(&set, n - 1));
        alc_bitset_remove(&set, n - 1);
        CHECK(!alc_bitset_has(&set, n - 1));
        alc_bitset_clear(&set);
        CHECK(alc_bitset_count(&set) == 0);
    }
    alc_arena_release(&arena);
}

static void test_empty_bitset(void)
{
    struct alc_arena arena;
    struct alc_bitset set;

    alc_arena_init(&arena);
    CHECK(alc_bitset_make(&set, 0, &arena, NULL) == 0);
    CHECK(alc_bitset_count(&set) == 0 && alc_bitset_next(&set, 0) == 0);
    alc_bitset_clear(&set);
    alc_arena_release(&arena);
}

/* Numbers as strings of different lengths, NULs among them. */
static size_t make_string(char *buf, size_t cap, uint32_t i)
{
    int len = snprintf(buf, cap, "%0*u", (int)(i % 23) + 1, i);

    if (i % 5 == 0) {
        buf[0] = '\0';
    }
    return (size_t)len;
}

static void test_interner(void)
{
    enum { N = 20000 };
    struct alc_arena arena;
    struct alc_interner in;
    char text[64];
    uint32_t id;

    alc_arena_init(&arena);
    alc_interner_init(&in, &arena);
    CHECK(alc_interner_find(&in, "", 0) == ALC_NO_ID);
    CHECK(alc_interner_add(&id, &in, NULL, 0, NULL) == 0 && id == 0);
    for (uint32_t i = 1; i < N; i++) {
        size_t len = make_string(text, sizeof text, i + 100000);
        CHECK(alc_interner_add(&id, &in, text, len, NULL) == 0);
        CHECK(id <= in.n_strs - 1 && alc_interner_find(&in, text, len) == id);
        CHECK(alc_interner_str(&in, id).len == len);
        CHECK(memcmp(alc_interner_str(&in, id).ptr, text, len) == 0);
    }
    for (uint32_t i = 1, n = in.n_strs; i < N; i++) {
        size_t len = make_string(text, sizeof text, i + 100000);
        CHECK(alc_interner_add(&id, &in, text, len, NULL) == 0 && in.n_strs == n);
    }
    CHECK(alc_interner_find(&in, "", 0) == 0);
    CHECK(alc_interner_find(&in, "\0", 1) == ALC_NO_ID);
    CHECK(alc_interner_find(&in, "absent", 6) == ALC_NO_ID);
    alc_arena_release(&arena);
}

/* Reserving keeps what is there; then the table stays where it is. */
static void test_interner_reserve(void)
{
    enum { N = 1000, MORE = 5000 };
    struct alc_arena arena;
    struct alc_interner in;
    const struct alc_str *strs = NULL;
    char text[64];
    uint32_t id;

    alc_arena_init(&arena);
    alc_interner_init(&in, &arena);
    for (uint32_t i = 0; i < N + MORE; i++) {
        size_t len = (size_t)snprintf(text, sizeof text, "name %u", (unsigned)i);
        if (i == N) {
            CHECK(alc_interner_reserve(&in, N + MORE, NULL) == 0);
            strs = in.strs;
        }
        CHECK(alc_interner_add(&id, &in, text, len, NULL) == 0 && id == i);
        CHECK(i < N || in.strs == strs);
    }
    CHECK(alc_interner_reserve(&in, N, NULL) == 0 && in.strs == strs);
    CHECK(alc_interner_find(&in, "name 0", 6) == 0);
    CHECK(alc_interner_find(&in, "name 999", 8) == 999);
    CHECK(alc_interner_reserve(&in, SIZE_MAX, NULL) == ALC_E_LIMIT);
    CHECK(alc_interner_find(&in, "name 0", 6) == 0);
    alc_arena_release(&arena);
}

static void test_error(void)
{
    struct alc_error err;
    char filler[1000];

    alc_error_init(&err);
    CHECK(err.code == ALC_OK && err.msg[0] == '\0');
    CHECK(alc_error_set(&err, ALC_E_LIMIT, 7, "%s %d", "x", 5) == ALC_E_LIMIT);
    CHECK(err.pos == 7 && strcmp(err.msg, "x 5") == 0);
    CHECK(alc_error_set_errno(&err, ENOENT, "open") == ALC_E_IO);
    CHECK(err.sys_errno == ENOENT && strncmp(err.msg, "open: ", 6) == 0);
    CHECK(alc_error_nomem(&err) == ALC_E_NOMEM && err.sys_errno == 0);
    memset(filler, 'x', sizeof filler - 1);
    filler[sizeof filler - 1] = '\0';
    alc_error_set(&err, ALC_E_INVALID, 0, "%s", filler);
    CHECK(strlen(err.msg) == ALC_ERROR_MSG_LEN - 1);
    CHECK(alc_error_set(NULL, ALC_E_IO, 0, "-") == ALC_E_IO);
    CHECK(alc_error_set_errno(NULL, ENOENT, "-") == ALC_E_IO);
}

/* All of base/ that allocates. */
static int use_base(void *arg)
{
    struct alc_arena arena;
    struct alc_interner in;
    struct alc_bitset set;
    struct alc_buf buf = {0};
    struct alc_error err;
    int rc = 0;

    (void)arg;
    alc_arena_init(&arena);
    alc_interner_init(&in, &arena);
    for (uint32_t i = 0; i < 200 && rc == 0; i++) {
        char text[64];
        uint32_t id;
        size_t len = make_string(text, sizeof text, i);

        rc = alc_interner_add(&id, &in, text, len, &err);
        if (rc == 0) {
            rc = alc_buf_append(&buf, text, len, &err);
        }
    }
    if (rc == 0) {
        rc = alc_bitset_make(&set, 100000, &arena, &err);
    }
    alc_buf_release(&buf);
    alc_arena_release(&arena);
    return rc;
}

static void test_out_of_memory(void)
{
    check_out_of_memory(use_base, NULL);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"arena pieces", test_arena_pieces},
        {"arena overflow", test_arena_overflow},
        {"buffer", test_buffer},
        {"grow", test_grow},
        {"bit set", test_bitset},
        {"empty bit set", test_empty_bitset},
        {"interner", test_interner},
        {"interner reserve", test_interner_reserve},
        {"error", test_error},
        {"out of memory", test_out_of_memory},
    };

    return RUN_TESTS(cases);
}
