/* A judge for whom only the same bytes are the same, and who asks nobody. */
#ifndef ALC_TEST_EXACT_JUDGE_H
#define ALC_TEST_EXACT_JUDGE_H

#include "alc/proof.h"

static inline bool exact_text(void *self, struct alc_str actual, struct alc_str wanted)
{
    (void)self;
    return alc_str_is_absent(actual) == alc_str_is_absent(wanted) &&
           alc_str_eq(actual, wanted);
}

static inline bool exact_type(void *self, const struct alc_table *table,
                              const struct alc_column *actual, struct alc_str wanted)
{
    (void)table;
    return exact_text(self, actual->type, wanted);
}

static inline bool exact_default(void *self, const struct alc_column *actual,
                                 struct alc_str wanted)
{
    return exact_text(self, actual->default_expr, wanted);
}

static inline bool exact_part(void *self, const struct alc_index_part *actual,
                              struct alc_str wanted)
{
    return actual->is_expr && exact_text(self, actual->text, wanted);
}

static inline bool exact_ask(void *self, const struct alc_table *table,
                             enum alc_expression kind, struct alc_str name)
{
    (void)self, (void)table, (void)kind, (void)name;
    return false;
}

static const struct alc_judge exact_judge = {.same_type = exact_type,
                                             .same_default = exact_default,
                                             .same_part = exact_part,
                                             .same_text = exact_text,
                                             .ask = exact_ask};

#endif
