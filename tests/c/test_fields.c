/* Each field of the schema model: that order, canonical bytes and the proof know it. */
#include "alc/fields.h"
#include "alc/proof.h"
#include "exact_judge.h"
#include "harness.h"

static struct alc_str text(const char *s)
{
    struct alc_str str = {s, s ? strlen(s) : 0};
    return str;
}

/* --- a table with one of each thing --------------------------------------------------
 */

static struct alc_str names[] = {{"a", 1}, {"b", 1}};

static void add_columns(struct alc_catalog *catalog, struct alc_table *table)
{
    for (size_t i = 0; i < 2; i++) {
        struct alc_column *column;
        CHECK(alc_catalog_add_column(&column, catalog, table, NULL) == 0);
        column->name = names[i];
        column->type = text("int");
        if (i) {
            column->identity_kind = ALC_IDENTITY_ALWAYS;
        }
    }
}

static struct alc_table *fill(struct alc_catalog *catalog)
{
    static const enum alc_constraint_kind kinds[] = {ALC_PRIMARY_KEY, ALC_UNIQUE,
                                                     ALC_FOREIGN_KEY, ALC_CHECK};
    struct alc_table *table;
    CHECK(alc_catalog_add_table(&table, catalog, text("s"), text("t"), NULL) == 0);
    add_columns(catalog, table);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct alc_constraint *constraint;
        CHECK(alc_catalog_add_constraint(&constraint, catalog, table, NULL) == 0);
        constraint->kind = kinds[i];
        constraint->name = text("c");
        constraint->columns = names;
        constraint->n_columns = 2;
        if (kinds[i] == ALC_FOREIGN_KEY) {
            constraint->ref_schema = text("s");
            constraint->ref_table = text("r");
            constraint->ref_columns = names;
            constraint->n_ref_columns = 2;
        }
    }
    struct alc_index *index;
    CHECK(alc_catalog_add_index(&index, catalog, table, NULL) == 0);
    index->name = text("i");
    index->parts = alc_arena_calloc(&catalog->arena, 2, sizeof *index->parts);
    index->parts[0].text = names[0];
    index->n_parts = 1;
    return table;
}

/* --- another value of a field --------------------------------------------------------
 */

/* Change a field of an item to another value; TEXTS and ITEMS lose their last one or
 * get one. */
static void change(const struct alc_field *field, void *item)
{
    static struct alc_str other[] = {{"z", 1}};
    void *at = (char *)item + field->offset;
    void *count = (char *)item + field->n_offset;
    switch (field->shape) {
    case ALC_TEXT:
        *(struct alc_str *)at = other[0];
        break;
    case ALC_FLAG:
        *(bool *)at = !*(bool *)at;
        break;
    case ALC_NUMBER:
        *(int64_t *)at += 1;
        break;
    case ALC_CHOICE:
        *(unsigned *)at =
            (*(unsigned *)at + (unsigned)field->n_words - 1) % (unsigned)field->n_words;
        break;
    case ALC_TEXTS:
    case ALC_ITEMS:
        if (*(size_t *)count) {
            *(size_t *)count -= 1;
        } else {
            CHECK(field->shape == ALC_TEXTS);
            *(struct alc_str **)at = other;
            *(size_t *)count = 1;
        }
        break;
    case ALC_NESTED:
        *(unsigned *)count = !*(unsigned *)count;
        break;
    }
}

static const struct alc_proof_options everything = {.types = true,
                                                    .collations = true,
                                                    .defaults = true,
                                                    .comments = true,
                                                    .indexes = true,
                                                    .foreign_keys = true,
                                                    .checks = true,
                                                    .judge = &exact_judge};

/* What a change of one field in one item of a table does. */
struct effect {
    bool bytes, order, proof;
};

/* The items of one kind in a table; their number. */
static size_t items_of(void *items[8], const struct alc_item *item,
                       struct alc_table *table)
{
    size_t n = 0;
    if (item == &alc_table_item) {
        items[n++] = table;
    }
    if (item == &alc_identity_item) {
        items[n++] = &table->columns[1].identity;
    }
    for (size_t i = 0; item == &alc_column_item && i < table->n_columns; i++) {
        items[n++] = &table->columns[i];
    }
    for (size_t i = 0; item == &alc_constraint_item && i < table->n_constraints; i++) {
        items[n++] = &table->constraints[i];
    }
    if (item == &alc_index_item) {
        items[n++] = &table->indexes[0];
    }
    if (item == &alc_index_part_item) {
        items[n++] = &table->indexes[0].parts[0];
    }
    return n;
}

static bool try_change(struct effect *effect, const struct alc_item *item,
                       const struct alc_field *field, size_t at)
{
    struct alc_catalog before, after;
    struct alc_buf bytes[2];
    void *items[2][8];
    alc_catalog_init(&before, ALC_BACKEND_POSTGRESQL);
    alc_catalog_init(&after, ALC_BACKEND_POSTGRESQL);
    alc_buf_init(&bytes[0]);
    alc_buf_init(&bytes[1]);
    struct alc_table *wanted = fill(&before), *actual = fill(&after);
    bool is_there = at < items_of(items[1], item, actual);
    if (is_there) {
        items_of(items[0], item, wanted);
        CHECK(alc_prove_table(actual, wanted, &everything) == ALC_PROVEN);
        CHECK(alc_item_compare(&alc_table_item, wanted, actual) == 0);
        change(field, items[1][at]);
        int order = alc_item_compare(item, items[0][at], items[1][at]);
        effect->order |= order != 0;
        CHECK((order > 0) == (alc_item_compare(item, items[1][at], items[0][at]) < 0));
        effect->proof |= alc_prove_table(actual, wanted, &everything) != ALC_PROVEN;
        CHECK(alc_catalog_canonical(&bytes[0], &before, NULL) == 0);
        CHECK(alc_catalog_canonical(&bytes[1], &after, NULL) == 0);
        effect->bytes |= bytes[0].len != bytes[1].len ||
                         memcmp(bytes[0].ptr, bytes[1].ptr, bytes[0].len) != 0;
    }
    alc_buf_release(&bytes[0]);
    alc_buf_release(&bytes[1]);
    alc_catalog_release(&before);
    alc_catalog_release(&after);
    return is_there;
}

static const struct alc_item *const all_items[] = {
#define STRUCT(item) &alc_##item##_item,
#include "alc/model.def"
};
enum { N_ITEMS = sizeof all_items / sizeof *all_items };

static void test_each_field(void)
{
    for (size_t i = 0; i < N_ITEMS; i++) {
        for (size_t f = 0; f < all_items[i]->n_fields; f++) {
            const struct alc_item *item = all_items[i];
            const struct alc_field *field = &item->fields[f];
            struct effect effect = {false, false, false};
            size_t n = 0;
            while (try_change(&effect, item, field, n)) {
                n++;
            }
            /* Which tables are compared with which is their names' part. */
            bool pairs = item == &alc_table_item && field->role == ALC_KEY;
            bool holds = n > 0 && effect.bytes && effect.order &&
                         (pairs || effect.proof == (field->proof == ALC_COMPARED));
            if (!CHECK(holds)) {
                printf("\n  %s.%s: %zu of them, in bytes %d, in order %d, in the "
                       "proof %d",
                       item->name, field->name, n, effect.bytes, effect.order,
                       effect.proof);
            }
        }
    }
}

/* Nothing can be taken for the mark before the name of a field WHEN_SET: these are the
 * last of their item, and what comes behind an item is no NUMBER. */
static void test_named_fields_are_last(void)
{
    for (size_t i = 0; i < N_ITEMS; i++) {
        const struct alc_item *item = all_items[i];
        bool named = false;
        for (size_t f = 0; f < item->n_fields; f++) {
            const struct alc_field *field = &item->fields[f];
            named |= field->written == ALC_WHEN_SET;
            CHECK(!named || field->written == ALC_WHEN_SET);
            if (field->of && f + 1 < item->n_fields) {
                CHECK(item->fields[f + 1].shape != ALC_NUMBER);
            }
        }
    }
}

/* An item of two fields, of which one came later. */
struct grown {
    bool first;
    struct alc_str late;
};

static const struct alc_field grown_fields[] = {
    {.name = "first", .shape = ALC_FLAG, .offset = offsetof(struct grown, first)},
    {.name = "late",
     .shape = ALC_TEXT,
     .written = ALC_WHEN_SET,
     .offset = offsetof(struct grown, late)},
};
static const struct alc_item grown_item = {"grown", sizeof(struct grown), grown_fields,
                                           2};

static bool same_grown(const struct alc_item *item, const struct grown *a,
                       const struct grown *b)
{
    struct alc_buf x, y;
    alc_buf_init(&x);
    alc_buf_init(&y);
    CHECK(alc_item_canonical(&x, item, a, NULL) == 0);
    CHECK(alc_item_canonical(&y, &grown_item, b, NULL) == 0);
    bool same = x.len == y.len && memcmp(x.ptr, y.ptr, x.len) == 0;
    alc_buf_release(&x);
    alc_buf_release(&y);
    return same;
}

/* A field that is written when it is set changes no bytes where it is not. */
static void test_a_late_field(void)
{
    struct alc_item young = grown_item;
    young.n_fields = 1;
    struct grown plain = {true, alc_str_absent()}, set = {true, text("x")},
                 empty = {true, text("")};
    CHECK(same_grown(&young, &plain, &plain));
    CHECK(!same_grown(&young, &plain, &set));
    CHECK(!same_grown(&grown_item, &plain, &empty));
    CHECK(!same_grown(&grown_item, &set, &empty));
}

static void test_words(void)
{
    CHECK(strcmp(alc_backend_words[ALC_BACKEND_SQLITE], "sqlite") == 0);
    CHECK(strcmp(alc_fk_action_words[ALC_SET_DEFAULT], "SET DEFAULT") == 0);
    CHECK(alc_fk_match_words[ALC_MATCH_SIMPLE] == NULL);
}

int main(void)
{
    static const struct test_case tests[] = {
        {"each field", test_each_field},
        {"named fields are last", test_named_fields_are_last},
        {"a late field", test_a_late_field},
        {"words", test_words},
    };
    return RUN_TESTS(tests);
}
