/* The fields of the schema model as data, and the order that they give. */
#include "alc/fields.h"

/* The value of a CHOICE is read as an unsigned. */
#define END_WORDS(name)                                                                \
    _Static_assert(sizeof(enum alc_##name) == sizeof(unsigned), "an enum is a word");
#include "alc/model.def"

#define WORDS(name) const char *const alc_##name##_words[] = {
#define WORD(constant, word) [ALC_##constant] = word,
#define END_WORDS(name)                                                                \
    }                                                                                  \
    ;
#include "alc/model.def"

#define COMMON(item, field_, role_, proof_, written_)                                  \
    .name = #field_, .role = ALC_##role_, .proof = ALC_##proof_,                       \
    .written = ALC_##written_, .offset = offsetof(struct alc_##item, field_)
#define COUNTED(item, field) .n_offset = offsetof(struct alc_##item, n_##field)

#define STRUCT(item) const struct alc_field alc_##item##_fields[] = {
#define TEXT(item, field, role, proof, written)                                        \
    {COMMON(item, field, role, proof, written), .shape = ALC_TEXT},
#define TEXTS(item, field, role, proof, written)                                       \
    {COMMON(item, field, role, proof, written), .shape = ALC_TEXTS,                    \
     COUNTED(item, field)},
#define FLAG(item, field, role, proof, written)                                        \
    {COMMON(item, field, role, proof, written), .shape = ALC_FLAG},
#define NUMBER(item, field, role, proof, written)                                      \
    {COMMON(item, field, role, proof, written), .shape = ALC_NUMBER},
#define CHOICE(item, field, words_, role, proof, written)                              \
    {COMMON(item, field, role, proof, written), .shape = ALC_CHOICE,                   \
     .words = alc_##words_##_words,                                                    \
     .n_words = sizeof alc_##words_##_words / sizeof *alc_##words_##_words},
#define ITEMS(item, field, of_, role, proof, written)                                  \
    {COMMON(item, field, role, proof, written), .shape = ALC_ITEMS,                    \
     COUNTED(item, field), .of = &alc_##of_##_item},
#define NESTED(item, field, of_, when, role, proof, written)                           \
    {COMMON(item, field, role, proof, written), .shape = ALC_NESTED,                   \
     .n_offset = offsetof(struct alc_##item, when), .of = &alc_##of_##_item},
#define END_STRUCT(item)                                                               \
    }                                                                                  \
    ;
#include "alc/model.def"

#define STRUCT(item)                                                                   \
    const struct alc_item alc_##item##_item = {                                        \
        #item, sizeof(struct alc_##item), alc_##item##_fields, ALC_N_FIELDS_##item};
#include "alc/model.def"

int alc_str_compare(struct alc_str a, struct alc_str b)
{
    if (alc_str_is_absent(a) || alc_str_is_absent(b)) {
        return (int)!alc_str_is_absent(a) - (int)!alc_str_is_absent(b);
    }
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.ptr, b.ptr, shorter) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Items side by side; where one side has no more of them, it comes first. */
static int compare_items(const struct alc_field *field, const void *a, size_t n_a,
                         const void *b, size_t n_b)
{
    for (size_t i = 0; i < n_a && i < n_b; i++) {
        int order = 0;
        if (field->shape == ALC_TEXTS) {
            const struct alc_str *x = a, *y = b;
            order = alc_str_compare(x[i], y[i]);
        } else {
            size_t at = i * field->of->size;
            order =
                alc_item_compare(field->of, (const char *)a + at, (const char *)b + at);
        }
        if (order) {
            return order;
        }
    }
    return (n_a > n_b) - (n_a < n_b);
}

static int compare_field(const struct alc_field *field, const void *item_a,
                         const void *item_b)
{
    const void *a = alc_field_at(field, item_a), *b = alc_field_at(field, item_b);
    switch (field->shape) {
    case ALC_TEXT:
        return alc_str_compare(*(const struct alc_str *)a, *(const struct alc_str *)b);
    case ALC_FLAG:
        return compare_numbers(*(const bool *)a, *(const bool *)b);
    case ALC_NUMBER:
        return compare_numbers(*(const int64_t *)a, *(const int64_t *)b);
    case ALC_CHOICE:
        return compare_numbers(*(const unsigned *)a, *(const unsigned *)b);
    case ALC_TEXTS:
    case ALC_ITEMS:
    case ALC_NESTED:
        break;
    }
    return compare_items(field, a, alc_field_count(field, item_a), b,
                         alc_field_count(field, item_b));
}

int alc_item_compare(const struct alc_item *item, const void *a, const void *b)
{
    int order = 0;
    for (size_t i = 0; i < item->n_fields && !order; i++) {
        order = compare_field(&item->fields[i], a, b);
    }
    return order;
}
