/*
 * Is the rest of a file harmless?
 *
 * Behind the header, most files never spell any of the names that could matter to it,
 * not even in a string or a comment.  Then it makes no difference what is code there,
 * and the rest need not be lexed.
 *
 * Each of those names, and each mark of a merge with conflicts, has one of the `pairs`
 * in it.  Sixteen bytes at a time are compared with all of them; only where one is
 * found are words looked up.
 */
#include <string.h>

#include "lexer.h"

enum { BLOCK_LEN = 16 };

/* Compilers have instructions for this, or make some. */
typedef unsigned char bytes __attribute__((vector_size(BLOCK_LEN)));

/* Each of scan_role_names has one; few other words do. */
static const unsigned char pairs[][2] = {
    {'x', 'e'}, /* exec */
    {'e', 'v'}, /* eval, revision, down_revision */
    {'a', 'r'}, /* vars */
    {'m', 'p'}, /* import, import_module, __import__ */
    {'g', 'l'}, /* global, globals, f_globals, __globals__ */
    {'c', 'a'}, /* locals, f_locals */
    {'d', 'u'}, /* modules */
    {'u', 'i'}, /* builtins, __builtins__ */
    {'d', 's'}, /* depends_on */
    {'h', '_'}, /* branch_labels */
    {'t', 't'}, /* getattr, setattr, delattr, __setattr__, __delattr__, __getattr__ */
    {'_', 'd'}, /* __doc__, __dict__ */
};

/* Is one of the pairs in p[0 .. BLOCK_LEN]? */
static bool has_pair(const char *p)
{
    bytes first, second, equal = {0};
    uint64_t halves[2];

    memcpy(&first, p, BLOCK_LEN);
    memcpy(&second, p + 1, BLOCK_LEN);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        equal |= (bytes)((first == pairs[i][0]) & (second == pairs[i][1]));
    }
    equal |= (bytes)((first == second) & ((first == '<') | (first == '=') |
                                          (first == '>') | (first == '|')));
    memcpy(halves, &equal, BLOCK_LEN);
    return (halves[0] | halves[1]) != 0;
}

/* The first mark of a merge with conflicts that starts in [p, end); NULL if none. */
static const char *find_mark(const char *p, const char *start, const char *end)
{
    for (; p < end; p++) {
        if (scan_is_conflict_mark(p) && (p == start || p[-1] == '\n')) {
            return p;
        }
    }
    return NULL;
}

/*
 * The first name that matters, of those that reach into [*at, end); or NULL, and *at is
 * behind the last of them.
 */
static const char *find_name(const char **at, const char *start, const char *end)
{
    const char *p = *at;

    while (p > start && is_name_byte(p[-1])) {
        p--;
    }
    while (p < end) {
        const char *name = p;

        while (is_name_byte(*p)) {
            p++;
        }
        if (p > name && scan_name_matters(name, p)) {
            return name;
        }
        p++;
    }
    *at = p;
    return NULL;
}

/*
 * The first name or mark from `start`, a line's start, on that matters; the end of the
 * file if there is none.
 * No byte is looked at more than a few times, however long a name is.
 */
static const char *find_risk(const char *start, const char *end)
{
    const char *risk = NULL;
    const char *p = start;

    while (!risk && end - p > BLOCK_LEN) {
        if (has_pair(p)) {
            risk = find_mark(p, start, p + BLOCK_LEN);
            if (!risk) {
                risk = find_name(&p, start, p + BLOCK_LEN + 1);
            }
        } else {
            p += BLOCK_LEN;
        }
    }
    if (!risk) {
        risk = find_mark(p, start, end);
    }
    if (!risk) {
        risk = find_name(&p, start, end);
    }
    return risk ? risk : end;
}

bool scan_rest_is_harmless(struct lexer *lx)
{
    if (lx->high > lx->p) { /* such bytes can spell a name in another way */
        return false;
    }
    if (!lx->risk || lx->risk < lx->p) {
        lx->risk = find_risk(lx->p, lx->end);
    }
    return lx->risk == lx->end;
}
