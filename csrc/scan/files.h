/* What the directory walk hands to the reader. */
#ifndef ALC_SCAN_FILES_H
#define ALC_SCAN_FILES_H

#include <stddef.h>

#include "alc/scan.h"

/*
 * List the files of a scan into out->files, paths resolved and duplicates marked,
 * without reading them.  out->arenas[0] must be there.  Returns as
 * alc_scan_directories().
 */
int scan_list_files(struct alc_scan_files *out, const char *const *paths,
                    size_t n_paths, struct alc_scan_options options,
                    struct alc_error *err);

/* Make out->arenas (n of them, empty).  Returns 0 or ALC_E_NOMEM. */
int scan_make_arenas(struct alc_scan_files *out, size_t n, struct alc_error *err);

/* Read and scan out->files[i] for each i, in up to n_threads threads (0: see options).
 */
int scan_read_files(struct alc_scan_files *out, unsigned n_threads,
                    struct alc_error *err);

#endif
