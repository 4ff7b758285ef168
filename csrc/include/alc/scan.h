/*
 * Revision files read without executing them.
 *
 * The scanner reads `revision`, `down_revision`, `branch_labels`, `depends_on` and the
 * docstring of a Python module.  Its answer is exact or dynamic.  Exact means: if
 * executing the file succeeds, the module has these very values.  Whatever the scanner
 * is not sure of makes the file dynamic: Python has to execute it.  scan/scan.c states
 * the rule and its limits.
 */
#ifndef ALC_SCAN_H
#define ALC_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alc/arena.h"
#include "alc/buf.h"
#include "alc/error.h"
#include "alc/str.h"

/* The names that make up the header of a revision file. */
enum alc_scan_name {
    ALC_SCAN_REVISION,
    ALC_SCAN_DOWN_REVISION,
    ALC_SCAN_BRANCH_LABELS,
    ALC_SCAN_DEPENDS_ON,
    ALC_SCAN_N_NAMES
};

enum alc_value_kind {
    ALC_VALUE_ABSENT, /* the name is not bound */
    ALC_VALUE_NONE,
    ALC_VALUE_STR,
    ALC_VALUE_TUPLE,
    ALC_VALUE_LIST,
    ALC_VALUE_SET, /* items are hashable; equal ones may repeat */
};

/* A literal.  Strings and items are in the arena given to the scanner. */
struct alc_value {
    enum alc_value_kind kind;
    uint32_t n_items; /* of a tuple, list or set */
    union {
        struct alc_value *items;
        struct alc_str str; /* UTF-8 in which lone surrogates are allowed */
    } u;
};

/* Why a file is not exact. */
enum alc_scan_reason {
    ALC_SCAN_OK,         /* it is */
    ALC_SCAN_VALUE,      /* a header name has a value that is no literal */
    ALC_SCAN_BINDING,    /* a header name is used other than by plain assignment */
    ALC_SCAN_GLOBAL,     /* a function declares a header name global */
    ALC_SCAN_STAR,       /* from ... import * */
    ALC_SCAN_REFLECTION, /* globals(), exec and the like */
    ALC_SCAN_FSTRING,    /* an f-string whose end depends on the Python version */
    ALC_SCAN_DOCSTRING,  /* the first statement starts with a string but is more */
    ALC_SCAN_NESTING,    /* a value nested beyond ALC_SCAN_MAX_DEPTH */
    ALC_SCAN_JOINING, /* a backslash at the start of a line, or before a def's name */
    ALC_SCAN_IDENTIFIER, /* non-ASCII characters in code (names are NFKC-normalised) */
    ALC_SCAN_ENCODING,   /* not UTF-8, or declared to be something else */
    ALC_SCAN_NUL,        /* a NUL byte */
    ALC_SCAN_SYNTAX,     /* certainly a syntax error */
    ALC_SCAN_DOUBT,      /* code in the header that Python may not compile */
    ALC_SCAN_TOO_LARGE,  /* more than ALC_SCAN_MAX_LEN bytes */
    ALC_SCAN_COMPILED, /* a compiled file, or not named *.py once links are resolved */
    ALC_SCAN_UNREADABLE, /* opening or reading it failed */
    ALC_SCAN_N_REASONS
};

enum {
    ALC_SCAN_MAX_DEPTH = 32,      /* of nested tuples, lists, sets and parentheses */
    ALC_SCAN_MAX_LEN = 256 << 20, /* bytes of a file */
};

/* What the scanner says about one file. */
struct alc_scan {
    enum alc_scan_reason reason; /* ALC_SCAN_OK: exact */
    bool broken; /* executing it certainly ends in a SyntaxError, so it is not exact */
    bool has_doc;
    uint32_t line; /* of what `reason` or `broken` is about */
    struct alc_value values[ALC_SCAN_N_NAMES]; /* if exact */
    struct alc_str doc; /* as written, not cleaned; like a value */
};

/* Memory that one scan after another uses; one per thread. */
struct alc_scan_scratch {
    struct alc_buf text;     /* decoded string */
    struct alc_buf lines;    /* a file with its newlines translated */
    struct alc_value *items; /* of the brackets that are open */
    size_t n_items;
    size_t cap_items;
};

/* No allocation. */
void alc_scan_scratch_init(struct alc_scan_scratch *scratch);
void alc_scan_scratch_release(struct alc_scan_scratch *scratch);

/* A phrase for people, static: "it declares a header name global". */
const char *alc_scan_reason_text(enum alc_scan_reason reason);

/*
 * Scan a file's content.  text[len] must be readable and NUL; text itself may hold any
 * bytes.  Values go to `arena`.  O(len) time; recursion is at most ALC_SCAN_MAX_DEPTH.
 * Returns 0 or ALC_E_NOMEM.
 */
int alc_scan_text(struct alc_scan *out, const char *text, size_t len,
                  struct alc_arena *arena, struct alc_scan_scratch *scratch,
                  struct alc_error *err);

/*
 * The docstring as Python 3.13 and later keep it: tabs expanded, the common indentation
 * of the lines after the first removed.  *out is `doc` itself or is in `arena`.
 * Returns 0 or ALC_E_NOMEM.
 */
int alc_scan_clean_doc(struct alc_str *out, struct alc_str doc, struct alc_arena *arena,
                       struct alc_error *err);

/* One file of a directory scan. */
struct alc_scan_file {
    struct alc_str path; /* absolute, links resolved; NUL-terminated */
    size_t name_at;      /* where the last component starts */
    int sys_errno;       /* with ALC_SCAN_UNREADABLE */
    bool linked;         /* reached by a link */
    bool shadowed;  /* compiled, with its source beside it: listed as duplicate only */
    bool duplicate; /* an earlier file of this scan has the same path: look at that */
    struct alc_scan scan;
};

struct alc_scan_options {
    bool recursive;     /* directories below, too (links to directories are not) */
    bool sourceless;    /* compiled files that have no source beside them, too */
    unsigned n_threads; /* at most so many; 0: two a processor; never more than 8 */
};

/* The result of a directory scan: release with alc_scan_files_release(). */
struct alc_scan_files {
    struct alc_scan_file **files; /* heap */
    size_t n_files;
    struct alc_arena *arenas; /* the files and what they hold; heap */
    size_t n_arenas;
    struct alc_str failed_path; /* after ALC_E_IO: the directory; in arenas[0] */
};

/* No allocation. */
void alc_scan_files_init(struct alc_scan_files *files);
void alc_scan_files_release(struct alc_scan_files *files);

/*
 * List and scan the revision files below `paths` (NUL-terminated), a location at a
 * time, by file name, sub-directories after the files beside them.  A location that
 * does not exist or is no directory has no files.
 *
 * A link counts as the file that it leads to.  Left out: names that begin with
 * "__init__" or ".#", and all that is no regular file.  A file reached again is listed
 * with `duplicate` set, whatever its name.  With options.sourceless *.pyc and *.pyo
 * count, in the directory if no NAME.py is there, and in its __pycache__ if no file
 * NAME or NAME.* is beside that.
 *
 * Returns 0; ALC_E_NOMEM; ALC_E_IO when a directory exists but cannot be read
 * (out->failed_path).  Release *out in every case.
 */
int alc_scan_directories(struct alc_scan_files *out, const char *const *paths,
                         size_t n_paths, struct alc_scan_options options,
                         struct alc_error *err);

/*
 * Read and scan one file, whatever its name.  out->path is `path` as given.
 * A file that cannot be read is no failure: see ALC_SCAN_UNREADABLE.
 * Returns 0 or ALC_E_NOMEM.  Release *out in every case; it holds one file.
 */
int alc_scan_one(struct alc_scan_files *out, const char *path, struct alc_error *err);

#endif
