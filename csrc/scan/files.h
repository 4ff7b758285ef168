/* What the parts of a scan of files share. */
#ifndef ALC_SCAN_FILES_H
#define ALC_SCAN_FILES_H

#include <stddef.h>

#include "alc/scan.h"

struct scan_reader;

/* Make out->arenas (n of them, empty).  Returns 0 or ALC_E_NOMEM. */
int scan_make_arenas(struct alc_scan_files *out, size_t n, struct alc_error *err);

/*
 * List the files of a scan in out->files, paths resolved and duplicates marked, and
 * hand those that have to be read to `reader`.  Nothing but paths and flags may be
 * looked at before that has finished, also after a failure.  out->arenas[0] must be
 * there. Returns as alc_scan_directories().
 */
int scan_list_files(struct alc_scan_files *out, struct scan_reader *reader,
                    const char *const *paths, size_t n_paths,
                    struct alc_scan_options options, struct alc_error *err);

#endif
