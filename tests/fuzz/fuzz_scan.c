/*
 * libFuzzer target for the scanner: any bytes give an answer, in bounds and without a
 * leak, and the answer keeps what alc/scan.h promises.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alc/scan.h"

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_value(const struct alc_value *value, unsigned depth)
{
    check(depth <= ALC_SCAN_MAX_DEPTH + 1);
    switch (value->kind) {
    case ALC_VALUE_ABSENT:
        check(depth == 0);
        break;
    case ALC_VALUE_STR:
        check(strlen(value->u.str.ptr) <= value->u.str.len);
        break;
    case ALC_VALUE_SET:
    case ALC_VALUE_TUPLE:
    case ALC_VALUE_LIST:
        check(value->kind != ALC_VALUE_SET || value->n_items > 0);
        for (uint32_t i = 0; i < value->n_items; i++) {
            check(value->u.items[i].kind != ALC_VALUE_ABSENT);
            check_value(&value->u.items[i], depth + 1);
        }
        break;
    case ALC_VALUE_NONE:
        break;
    }
}

static void check_scan(const struct alc_scan *scan, size_t len, struct alc_arena *arena)
{
    struct alc_str clean;

    check(scan->reason < ALC_SCAN_N_REASONS);
    check(alc_scan_reason_text(scan->reason) != NULL);
    check(scan->line <= len + 1);
    if (scan->reason != ALC_SCAN_OK) {
        return;
    }
    for (int i = 0; i < ALC_SCAN_N_NAMES; i++) {
        check_value(&scan->values[i], 0);
    }
    if (scan->has_doc) {
        check(alc_scan_clean_doc(&clean, scan->doc, arena, NULL) == 0);
        check(memchr(clean.ptr, '\t', clean.len) == NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    /* Exactly as long as promised, so that reading further is caught. */
    char *source = malloc(len + 1);
    struct alc_scan scan;
    struct alc_arena arena;
    struct alc_scan_scratch scratch;

    check(source != NULL);
    if (len) {
        memcpy(source, bytes, len);
    }
    source[len] = '\0';
    alc_arena_init(&arena);
    alc_scan_scratch_init(&scratch);
    check(alc_scan_source(&scan, source, len, &arena, &scratch, NULL) == 0);
    check_scan(&scan, len, &arena);
    alc_scan_scratch_release(&scratch);
    alc_arena_release(&arena);
    free(source);
    return 0;
}
