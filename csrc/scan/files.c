/* The result of a scan, and the scan itself: a directory, one file, or a text. */
#include "files.h"

#include <string.h>

#include "alc/alloc.h"
#include "read.h"

void alc_scan_files_init(struct alc_scan_files *files)
{
    memset(files, 0, sizeof *files);
}

void alc_scan_files_release(struct alc_scan_files *files)
{
    for (size_t i = 0; i < files->n_arenas; i++) {
        alc_arena_release(&files->arenas[i]);
    }
    alc_free(files->arenas);
    alc_free(files->files);
    alc_scan_files_init(files);
}

int scan_make_arenas(struct alc_scan_files *out, size_t n, struct alc_error *err)
{
    struct alc_arena *arenas = alc_realloc(out->arenas, n * sizeof *arenas);

    if (!arenas) {
        return alc_error_nomem(err);
    }
    out->arenas = arenas;
    for (; out->n_arenas < n; out->n_arenas++) {
        alc_arena_init(&arenas[out->n_arenas]);
    }
    return 0;
}

int alc_scan_directories(struct alc_scan_files *out, const char *const *paths,
                         size_t n_paths, struct alc_scan_options options,
                         struct alc_error *err)
{
    struct scan_reader reader;
    int rc;

    alc_scan_files_init(out);
    rc = scan_reader_init(&reader, out, options.n_threads, err);
    if (rc == 0) {
        rc = scan_list_files(out, &reader, paths, n_paths, options, err);
        rc = scan_reader_finish(&reader, rc, err);
    }
    return rc;
}

/* A result of one file. */
static int make_one(struct alc_scan_files *out, struct alc_error *err)
{
    struct alc_scan_file *file;

    alc_scan_files_init(out);
    if (scan_make_arenas(out, 1, err) < 0) {
        return ALC_E_NOMEM;
    }
    file = alc_arena_calloc(&out->arenas[0], 1, sizeof *file);
    out->files = alc_malloc(sizeof *out->files);
    if (!file || !out->files) {
        return alc_error_nomem(err);
    }
    out->files[0] = file;
    out->n_files = 1;
    return 0;
}

int alc_scan_one(struct alc_scan_files *out, const char *path, struct alc_error *err)
{
    struct alc_scan_file *file;
    const char *slash;
    int rc = make_one(out, err);

    if (rc < 0) {
        return rc;
    }
    file = out->files[0];
    file->path.len = strlen(path);
    file->path.ptr = alc_arena_dup(&out->arenas[0], path, file->path.len);
    if (!file->path.ptr) {
        return alc_error_nomem(err);
    }
    slash = strrchr(file->path.ptr, '/');
    file->name_at = slash ? (size_t)(slash + 1 - file->path.ptr) : 0;
    return scan_read_one(file, &out->arenas[0], err);
}
