/*
 * The ends of a tree of revision files, without a revision being made.
 *
 * The answer is either sure or none at all.  It is sure when no file has to be
 * executed, and nothing about the tree has to be told: ids that are in use twice or
 * have characters that symbols need, labels in use, revisions that are missing or refer
 * to themselves, circles.
 */
#ifndef ALC_SURVEY_H
#define ALC_SURVEY_H

#include "alc/graph.h"
#include "alc/scan.h"

enum alc_end {
    ALC_HEADS,
    ALC_REAL_HEADS, /* those that nothing depends on, either */
    ALC_BASES,
    ALC_REAL_BASES, /* those that depend on nothing, either */
    ALC_N_ENDS
};

struct alc_survey {
    bool sure;
    /* If sure: numbers of files, ascending.  In the arena given to alc_survey_files().
     */
    uint32_t *ends[ALC_N_ENDS];
    size_t n_ends[ALC_N_ENDS];
};

/*
 * Is the file the whole truth about a revision with which nothing is wrong by itself?
 * Then its id is a string, the other values are strings, tuples or lists of strings, or
 * None, and down_revision is bound.
 */
bool alc_scan_is_sound(const struct alc_scan_file *file);

/* O(n + m).  Returns 0, ALC_E_NOMEM or ALC_E_LIMIT. */
int alc_survey_files(struct alc_survey *out, const struct alc_scan_files *files,
                     struct alc_arena *arena, struct alc_error *err);

#endif
