/* Row sources and single cells. */
#include "alc/rows.h"
#include "harness.h"

static struct alc_str text(const char *s)
{
    struct alc_str str = {s, strlen(s)};
    return str;
}

static void test_numbers(void)
{
    static const struct {
        const char *text;
        int rc;
        int64_t number;
    } cases[] = {
        {"0", 0, 0},
        {"-0", 0, 0},
        {"t", 0, 1},
        {"f", 0, 0},
        {"007", 0, 7},
        {"-17", 0, -17},
        {"9223372036854775807", 0, INT64_MAX},
        {"-9223372036854775808", 0, INT64_MIN},
        {"9223372036854775808", ALC_E_INVALID, 0},
        {"-9223372036854775809", ALC_E_INVALID, 0},
        {"99999999999999999999999", ALC_E_INVALID, 0},
        {"", ALC_E_INVALID, 0},
        {"-", ALC_E_INVALID, 0},
        {"+1", ALC_E_INVALID, 0},
        {" 1", ALC_E_INVALID, 0},
        {"1 ", ALC_E_INVALID, 0},
        {"1.5", ALC_E_INVALID, 0},
        {"true", ALC_E_INVALID, 0},
        {"tt", ALC_E_INVALID, 0},
        {"\xd9\xa1", ALC_E_INVALID, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alc_cell cell = {ALC_CELL_TEXT, 0, text(cases[i].text)};
        int64_t number = -77;
        struct alc_error err;
        alc_error_init(&err);
        CHECK(alc_cell_int(&number, &cell, &err) == cases[i].rc);
        CHECK(err.code == cases[i].rc);
        CHECK(number == (cases[i].rc ? -77 : cases[i].number));
    }
    struct alc_cell whole = {ALC_CELL_INT, INT64_MIN, {NULL, 0}};
    struct alc_cell null = {ALC_CELL_NULL, 5, {NULL, 0}};
    struct alc_cell nul = {ALC_CELL_TEXT, 0, {"1\0", 2}};
    int64_t number;
    CHECK(alc_cell_int(&number, &whole, NULL) == 0 && number == INT64_MIN);
    CHECK(alc_cell_int(&number, &null, NULL) == ALC_E_INVALID);
    CHECK(alc_cell_int(&number, &nul, NULL) == ALC_E_INVALID);
}

static void test_texts(void)
{
    struct alc_cell cell = {ALC_CELL_TEXT, 0, {"a\0b", 3}};
    struct alc_str out;
    CHECK(alc_cell_text(&out, &cell, NULL) == 0 && out.len == 3);
    cell.text = text("");
    CHECK(alc_cell_text(&out, &cell, NULL) == 0 && out.len == 0 && out.ptr != NULL);
    cell.kind = ALC_CELL_NULL;
    CHECK(alc_cell_text(&out, &cell, NULL) == 0 && out.ptr == NULL);
    cell.kind = ALC_CELL_INT;
    CHECK(alc_cell_text(&out, &cell, NULL) == ALC_E_INVALID);
}

int main(void)
{
    static const struct test_case tests[] = {
        {"numbers", test_numbers},
        {"texts", test_texts},
    };
    return RUN_TESTS(tests);
}
