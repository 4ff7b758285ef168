/*
 * libFuzzer target for the scanner: any bytes give an answer, in bounds and without a
 * leak, and the answer keeps what alc/scan.h promises.
 */
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

/*
 * A non-ASCII comment at the end keeps the scanner from passing over a rest that it
 * finds harmless: then it must not find there what changes the header.
 */
static void check_rest(const char *content, size_t len, struct alc_arena *arena,
                       struct alc_scan_scratch *scratch)
{
    static const char comment[] = "\n#\xc3\xa9\n";
    char *longer = malloc(len + sizeof comment);
    struct alc_scan quick, slow;

    check(longer != NULL);
    memcpy(longer, content, len);
    memcpy(longer + len, comment, sizeof comment);
    check(alc_scan_text(&slow, longer, len + sizeof comment - 1, arena, scratch,
                        NULL) == 0);
    longer[len + 1] = '\0';
    check(alc_scan_text(&quick, longer, len + 1, arena, scratch, NULL) == 0);
    switch (slow.reason) {
    case ALC_SCAN_VALUE:
    case ALC_SCAN_BINDING:
    case ALC_SCAN_GLOBAL:
    case ALC_SCAN_STAR:
    case ALC_SCAN_REFLECTION:
    case ALC_SCAN_IDENTIFIER:
        check(quick.reason != ALC_SCAN_OK || quick.broken);
        break;
    default:
        break;
    }
    free(longer);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    /* Exactly as long as promised, so that reading further is caught. */
    char *content = malloc(len + 1);
    struct alc_scan scan;
    struct alc_arena arena;
    struct alc_scan_scratch scratch;

    check(content != NULL);
    if (len) {
        memcpy(content, bytes, len);
    }
    content[len] = '\0';
    alc_arena_init(&arena);
    alc_scan_scratch_init(&scratch);
    check(alc_scan_text(&scan, content, len, &arena, &scratch, NULL) == 0);
    check_scan(&scan, len, &arena);
    check_rest(content, len, &arena, &scratch);
    alc_scan_scratch_release(&scratch);
    alc_arena_release(&arena);
    free(content);
    return 0;
}
