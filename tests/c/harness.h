/*
 * A test program is a table of cases that main() runs.  CHECK() reports and goes on.
 * Include it once, in the program's only file.
 */
#ifndef ALC_TEST_HARNESS_H
#define ALC_TEST_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alc/alloc.h"
#include "alc/error.h"

static size_t n_checks;
static size_t n_failures;
static const char *case_name = "";

#define CHECK(cond) check_at((cond), #cond, __FILE__, __LINE__)

static inline bool check_at(bool holds, const char *text, const char *file, int line)
{
    n_checks++;
    if (!holds) {
        n_failures++;
        printf("\n%s:%d: %s: %s", file, line, case_name, text);
    }
    return holds;
}

struct test_case {
    const char *name;
    void (*run)(void);
};

/*
 * Run `work` with the first allocation failing, then the second, and so on until none
 * fails.  Each failing run must return ALC_E_NOMEM and leave no block behind; the last
 * must return 0.  `work` releases all that it makes.
 */
static inline void check_out_of_memory(int (*work)(void *arg), void *arg)
{
    enum { LIMIT = 100000 };
    size_t live = alc_test_n_live();

    for (size_t n = 1; n < LIMIT; n++) {
        size_t n_allocs;
        int rc;

        alc_test_fail_at(n);
        rc = work(arg);
        n_allocs = alc_test_n_allocs();
        alc_test_fail_at(0);
        if (!CHECK(alc_test_n_live() == live)) {
            return;
        }
        if (n_allocs < n) {
            CHECK(rc == 0);
            CHECK(n > 1);
            return;
        }
        if (!CHECK(rc == ALC_E_NOMEM)) {
            return;
        }
    }
    CHECK(false); /* too many allocations */
}

#define RUN_TESTS(cases) run_tests(cases, sizeof(cases) / sizeof *(cases))

static inline int run_tests(const struct test_case *cases, size_t n_cases)
{
    size_t live = alc_test_n_live();

    for (size_t i = 0; i < n_cases; i++) {
        case_name = cases[i].name;
        cases[i].run();
        if (!CHECK(alc_test_n_live() == live)) {
            live = alc_test_n_live();
        }
    }
    printf("%s%zu cases, %zu checks, %zu failures\n", n_failures ? "\n" : "", n_cases,
           n_checks, n_failures);
    return n_failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
