/*
 * Which files are revision files, and in which order.
 *
 * Names are sorted, so that the answer does not depend on the file system.  Directories
 * still to visit wait on a stack; links to directories are not followed, so a loop of
 * links ends at once.  A file is known by its real path: the directory's is resolved
 * once, and only files that are links themselves are resolved one by one.
 *
 * What is certainly read goes to the reader as soon as it is found, so that reading
 * does not wait for the directory to be listed to its end.
 */
#define _POSIX_C_SOURCE 200809L
#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alc/alloc.h"
#include "alc/intern.h"
#include "files.h"
#include "read.h"

/* An entry of a directory, as long as that is worked on. */
struct entry {
    uint64_t key;     /* its first bytes, so that most comparisons are one of numbers */
    const char *name; /* the end of the file's path, or in the walk's scratch arena */
    size_t len;
    struct alc_scan_file *file; /* with the reader already; or NULL */
    bool is_link;
};

struct entries {
    struct entry *items; /* heap */
    size_t n;
    size_t cap;
};

struct walk {
    struct alc_scan_files *out;
    struct scan_reader *reader;
    struct alc_arena *arena;  /* of the result */
    struct alc_arena scratch; /* names of one directory */
    struct alc_arena pending; /* paths of directories to visit */
    bool has_links;           /* a file is one */
    struct alc_scan_options options;
    const char **stack; /* directories to visit, the next one last; heap */
    size_t n_stack;
    size_t cap_stack;
    size_t cap_files; /* of out->files */
    struct alc_error *err;
};

static bool ends_with(const char *name, size_t len, const char *suffix)
{
    size_t suffix_len = strlen(suffix);

    return len > suffix_len && memcmp(name + len - suffix_len, suffix, suffix_len) == 0;
}

static bool is_source(const char *name, size_t len)
{
    return ends_with(name, len, ".py");
}

static bool is_compiled(const char *name, size_t len)
{
    return ends_with(name, len, ".pyc") || ends_with(name, len, ".pyo");
}

/* By the name alone: may this be a revision file? */
static bool is_candidate(const struct walk *walk, const char *name, size_t len)
{
    if (strncmp(name, ".#", 2) == 0 || strncmp(name, "__init__", 8) == 0) {
        return false;
    }
    return is_source(name, len) || (walk->options.sourceless && is_compiled(name, len));
}

/* Numbers are ordered as the names are, as far as they reach. */
static uint64_t name_key(const char *name)
{
    uint64_t key = 0;

    for (size_t i = 0; i < sizeof key; i++) {
        key = key << 8 | (unsigned char)*name;
        name += *name != '\0';
    }
    return key;
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;

    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    return strcmp(x->name, y->name);
}

/* Returns 0 or ALC_E_NOMEM, also when entry.name is NULL: it could not be copied. */
static int add_entry(struct entries *to, struct walk *walk, struct entry entry)
{
    if (!entry.name || ALC_GROW(to->items, to->cap, to->n + 1) < 0) {
        return alc_error_nomem(walk->err);
    }
    entry.key = name_key(entry.name);
    to->items[to->n++] = entry;
    return 0;
}

static void sort_entries(struct entries *entries)
{
    if (entries->n) {
        qsort(entries->items, entries->n, sizeof *entries->items, compare_entries);
    }
}

/* What an entry of a directory is, for the walk. */
enum entry_type { TYPE_FILE, TYPE_LINK, TYPE_DIRECTORY, TYPE_OTHER };

static enum entry_type entry_type(int dir_fd, const struct dirent *item)
{
    struct stat st;

    switch (item->d_type) {
    case DT_REG:
        return TYPE_FILE;
    case DT_LNK:
        return TYPE_LINK;
    case DT_DIR:
        return TYPE_DIRECTORY;
    case DT_UNKNOWN: /* the file system does not say */
        break;
    default:
        return TYPE_OTHER;
    }
    if (fstatat(dir_fd, item->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        return TYPE_OTHER;
    }
    return S_ISREG(st.st_mode)   ? TYPE_FILE
           : S_ISLNK(st.st_mode) ? TYPE_LINK
           : S_ISDIR(st.st_mode) ? TYPE_DIRECTORY
                                 : TYPE_OTHER;
}

/* "<dir>/<name>" in `arena`; NULL when out of memory. */
static char *join_path(struct alc_arena *arena, const char *dir, const char *name)
{
    size_t dir_len = strlen(dir);
    size_t name_len = strlen(name);
    char *path = alc_arena_alloc(arena, dir_len + name_len + 2);

    if (path) {
        memcpy(path, dir, dir_len);
        dir_len -= dir_len && dir[dir_len - 1] == '/'; /* the root */
        path[dir_len] = '/';
        memcpy(path + dir_len + 1, name, name_len + 1);
    }
    return path;
}

/* A file that has not been read yet; NULL when out of memory. */
static struct alc_scan_file *make_file(struct walk *walk, const char *path)
{
    struct alc_scan_file *file = alc_arena_calloc(walk->arena, 1, sizeof *file);

    if (file) {
        file->path = (struct alc_str){path, strlen(path)};
        file->name_at = (size_t)(strrchr(path, '/') + 1 - path);
        if (!is_source(path, file->path.len)) {
            file->scan.reason = ALC_SCAN_COMPILED;
        }
    }
    return file;
}

/*
 * A regular file that is read, whatever else is in the directory.  Should it turn out
 * to be a duplicate, then reading it was for nothing.
 */
static int add_source(struct entries *files, struct walk *walk, const char *dir,
                      const char *name, size_t len)
{
    const char *path = join_path(walk->arena, dir, name);
    struct alc_scan_file *file = path ? make_file(walk, path) : NULL;
    int rc;

    if (!file) {
        return alc_error_nomem(walk->err);
    }
    name = path + file->name_at;
    rc = add_entry(files, walk, (struct entry){.name = name, .len = len, .file = file});
    return rc == 0 ? scan_reader_add(walk->reader, file, walk->err) : rc;
}

static bool is_left_out(const struct walk *walk, const char *dir)
{
    return strcmp(dir, ".") == 0 || strcmp(dir, "..") == 0 ||
           (!walk->options.sourceless && strcmp(dir, "__pycache__") == 0);
}

/* Add an entry of the directory at `path`, open as dir_fd, to what it belongs to. */
static int sort_in(struct entries *files, struct entries *dirs, struct walk *walk,
                   const char *path, int dir_fd, const struct dirent *item)
{
    const char *name = item->d_name;
    size_t len = strlen(name);
    enum entry_type type = entry_type(dir_fd, item);
    struct entry entry = {.len = len, .is_link = type == TYPE_LINK};

    if (type == TYPE_OTHER ||
        (type == TYPE_DIRECTORY && (!dirs || is_left_out(walk, name)))) {
        return 0;
    }
    if (type == TYPE_FILE && is_source(name, len) && is_candidate(walk, name, len)) {
        return add_source(files, walk, path, name, len);
    }
    entry.name = alc_arena_dup(&walk->scratch, name, len);
    return add_entry(type == TYPE_DIRECTORY ? dirs : files, walk, entry);
}

/* The walk cannot go on: `path` is a directory that cannot be read. */
static int fail_directory(struct walk *walk, const char *path, int sys_errno)
{
    size_t len = strlen(path);
    char *copy = alc_arena_dup(walk->arena, path, len);

    if (!copy) {
        return alc_error_nomem(walk->err);
    }
    walk->out->failed_path = (struct alc_str){copy, len};
    return alc_error_set_errno(walk->err, sys_errno, "cannot read the directory");
}

/*
 * Read a directory into `files` and, unless that is NULL, `dirs`, both sorted.
 * One that is not there is empty.
 */
static int read_directory(struct entries *files, struct entries *dirs,
                          struct walk *walk, const char *path)
{
    DIR *dir = opendir(path);
    int rc = 0;

    if (!dir) {
        bool absent = errno == ENOENT || errno == ENOTDIR;
        return absent            ? 0
               : errno == ENOMEM ? alc_error_nomem(walk->err)
                                 : fail_directory(walk, path, errno);
    }
    while (rc == 0) {
        struct dirent *item;

        errno = 0;
        item = readdir(dir);
        if (!item) {
            rc = errno ? fail_directory(walk, path, errno) : 0;
            break;
        }
        rc = sort_in(files, dirs, walk, path, dirfd(dir), item);
    }
    closedir(dir);
    sort_entries(files);
    if (dirs) {
        sort_entries(dirs);
    }
    return rc;
}

/* A path that is made of its names, one by one. */
struct made_path {
    char *text; /* of PATH_MAX bytes */
    size_t len;
};

/* Go on to `name`, which may be `.` or `..`.  False if the path gets too long. */
static bool add_name(struct made_path *path, const char *name, size_t len)
{
    if (len == 1 && *name == '.') {
        return true;
    }
    if (len == 2 && memcmp(name, "..", 2) == 0) {
        while (path->len && path->text[--path->len] != '/') {
        }
    } else if (len < PATH_MAX - 1 - path->len) {
        path->text[path->len++] = '/';
        memcpy(path->text + path->len, name, len);
        path->len += len;
    } else {
        return false;
    }
    path->text[path->len] = '\0';
    return true;
}

/*
 * Where a path leads that realpath() does not follow to its end, because something on
 * the way is missing, is no directory or must not be looked at: links are followed as
 * far as there are any, the rest is taken as it is written.  (What realpath() leaves of
 * such a path depends on the system, and may lack the file's name.)  False if links go
 * in a circle or the path is too long.
 */
static bool follow_links(char to[PATH_MAX], const char *path)
{
    enum { MAX_LINKS = 40 };
    char rest[PATH_MAX], target[PATH_MAX];
    struct made_path made = {to, 0};
    size_t len = strlen(path);
    size_t at; /* the rest is at the end of its room */

    if (len >= sizeof rest) {
        return false;
    }
    at = sizeof rest - 1 - len;
    memcpy(rest + at, path, len + 1);
    for (int n_links = 0; n_links <= MAX_LINKS;) {
        size_t len_before = made.len;
        ssize_t target_len;

        at += strspn(rest + at, "/");
        len = strcspn(rest + at, "/");
        if (len == 0) {
            return made.len > 0;
        }
        if (!add_name(&made, rest + at, len)) {
            return false;
        }
        at += len;
        target_len = made.len > len_before ? readlink(to, target, sizeof target) : -1;
        if (target_len < 0) {
            continue;
        }
        if ((size_t)target_len > at) {
            return false;
        }
        at -= (size_t)target_len;
        memcpy(rest + at, target, (size_t)target_len);
        made.len = *target == '/' ? 0 : len_before;
        n_links++;
    }
    return false;
}

/*
 * The real path of a link, in the result's arena; NULL in *out if it leads to what is
 * no regular file.  One that leads nowhere gives the path that is missing, one that
 * goes in a circle its own: reading it will tell what is wrong, should its name matter.
 */
static int resolve_link(const char **out, struct walk *walk, const char *path)
{
    char real[PATH_MAX];
    struct stat st;

    *out = NULL;
    if (realpath(path, real)) {
        if (stat(real, &st) != 0 || !S_ISREG(st.st_mode)) {
            return 0;
        }
    } else if (errno == ENOMEM) {
        return alc_error_nomem(walk->err);
    } else if (!follow_links(real, path)) {
        *out = path;
        return 0;
    }
    *out = alc_arena_dup(walk->arena, real, strlen(real));
    return *out ? 0 : alc_error_nomem(walk->err);
}

/*
 * Mark the files that an earlier one has the path of.  Only links and a second location
 * can lead to a file again.
 */
static int mark_duplicates(struct walk *walk)
{
    struct alc_interner seen;
    int rc = 0;

    alc_interner_init(&seen, &walk->pending);
    for (size_t i = 0; i < walk->out->n_files && rc == 0; i++) {
        struct alc_scan_file *file = walk->out->files[i];
        uint32_t n = seen.n_strs;
        uint32_t id = 0;

        rc = alc_interner_add(&id, &seen, file->path.ptr, file->path.len, walk->err);
        file->duplicate = rc == 0 && id != n;
    }
    return rc;
}

static bool is_listed(const struct walk *walk, const struct alc_scan_file *file)
{
    size_t len = file->path.len - file->name_at;

    return file->duplicate ||
           (!file->shadowed && is_candidate(walk, file->path.ptr + file->name_at, len));
}

/* Drop what is no revision file by its name, unless there is a duplicate to tell of. */
static void drop_others(struct walk *walk)
{
    struct alc_scan_files *out = walk->out;
    size_t n = 0;

    for (size_t i = 0; i < out->n_files; i++) {
        if (is_listed(walk, out->files[i])) {
            out->files[n++] = out->files[i];
        }
    }
    out->n_files = n;
}

/* The file of an entry that is not with the reader: in *out, NULL if it is none. */
static int resolve_entry(struct alc_scan_file **out, struct walk *walk, const char *dir,
                         const struct entry *entry)
{
    const char *path = join_path(walk->arena, dir, entry->name);
    int rc = path ? 0 : alc_error_nomem(walk->err);

    *out = NULL;
    if (rc == 0 && entry->is_link) {
        rc = resolve_link(&path, walk, path);
    }
    if (rc < 0 || !path) {
        return rc;
    }
    *out = make_file(walk, path);
    if (!*out) {
        return alc_error_nomem(walk->err);
    }
    (*out)->linked = entry->is_link;
    walk->has_links |= entry->is_link;
    return 0;
}

static int add_file(struct walk *walk, const char *dir, const struct entry *entry,
                    bool shadowed)
{
    struct alc_scan_files *out = walk->out;
    struct alc_scan_file *file = entry->file;
    int rc = file ? 0 : resolve_entry(&file, walk, dir, entry);

    if (rc < 0 || !file) {
        return rc;
    }
    if (ALC_GROW(out->files, walk->cap_files, out->n_files + 1) < 0) {
        return alc_error_nomem(walk->err);
    }
    file->shadowed = shadowed;
    out->files[out->n_files++] = file;
    return 0;
}

/* A name in two parts, to look up. */
struct joined_name {
    const char *stem;
    size_t len;
    const char *suffix;
    bool open_ended; /* any name that begins like this will do */
};

static int compare_joined(const void *key, const void *item)
{
    const struct joined_name *name = key;
    const struct entry *entry = item;
    int order = strncmp(name->stem, entry->name, name->len);

    if (order) {
        return order;
    }
    /* The stem has no NUL, so the entry is at least as long. */
    return name->open_ended
               ? strncmp(name->suffix, entry->name + name->len, strlen(name->suffix))
               : strcmp(name->suffix, entry->name + name->len);
}

static bool has_entry(const struct entries *entries, struct joined_name name)
{
    return entries->n && bsearch(&name, entries->items, entries->n,
                                 sizeof *entries->items, compare_joined);
}

/* Is the source NAME.py of a compiled NAME.pyc among the sorted entries? */
static bool has_source(const struct entries *entries, const struct entry *compiled)
{
    size_t len = compiled->len - strlen(".pyc");

    return has_entry(entries, (struct joined_name){compiled->name, len, ".py", false});
}

/* Is any file that has the same name up to its first dot among the sorted entries? */
static bool has_namesake(const struct entries *entries, const char *name)
{
    size_t len = strcspn(name, ".");

    return has_entry(entries, (struct joined_name){name, len, "", false}) ||
           has_entry(entries, (struct joined_name){name, len, ".", true});
}

/* The files beside each other in a directory. */
static int add_files(struct walk *walk, const char *dir, const struct entries *files)
{
    int rc = 0;

    for (size_t i = 0; i < files->n && rc == 0; i++) {
        const struct entry *entry = &files->items[i];
        bool shadowed =
            is_compiled(entry->name, entry->len) && has_source(files, entry);

        rc = add_file(walk, dir, entry, shadowed);
    }
    return rc;
}

/*
 * Files in the directory's __pycache__.  NAME.cpython-311.pyc is the cache of NAME.py;
 * as upstream has it, a file of any kind that has that NAME hides it.
 */
static int add_cached(struct walk *walk, const char *dir, const struct entries *beside)
{
    const char *cache = join_path(&walk->pending, dir, "__pycache__");
    struct entries files = {0};
    int rc =
        cache ? read_directory(&files, NULL, walk, cache) : alc_error_nomem(walk->err);

    for (size_t i = 0; i < files.n && rc == 0; i++) {
        const struct entry *entry = &files.items[i];
        if (!has_namesake(beside, entry->name)) {
            rc = add_file(walk, cache, entry, false);
        }
    }
    alc_free(files.items);
    return rc;
}

static int push_directory(struct walk *walk, const char *path)
{
    if (ALC_GROW(walk->stack, walk->cap_stack, walk->n_stack + 1) < 0) {
        return alc_error_nomem(walk->err);
    }
    walk->stack[walk->n_stack++] = path;
    return 0;
}

/* The sub-directories go on the stack last name first, so that the first is next. */
static int push_directories(struct walk *walk, const char *dir,
                            const struct entries *dirs)
{
    int rc = 0;

    for (size_t i = dirs->n; i-- > 0 && rc == 0;) {
        const char *path = join_path(&walk->pending, dir, dirs->items[i].name);
        rc = path ? push_directory(walk, path) : alc_error_nomem(walk->err);
    }
    return rc;
}

static bool is_cache(const char *dir)
{
    const char *slash = strrchr(dir, '/');

    return slash && strcmp(slash + 1, "__pycache__") == 0;
}

static int visit_directory(struct walk *walk, const char *dir, bool is_location)
{
    struct entries files = {0}, dirs = {0};
    int rc;

    alc_arena_reset(&walk->scratch);
    rc = read_directory(&files, walk->options.recursive ? &dirs : NULL, walk, dir);
    /* What is in a __pycache__ below was listed with the directory that it is for. */
    if (rc == 0 && (is_location || !is_cache(dir))) {
        rc = add_files(walk, dir, &files);
        if (rc == 0 && walk->options.sourceless) {
            rc = add_cached(walk, dir, &files);
        }
    }
    if (rc == 0) {
        rc = push_directories(walk, dir, &dirs);
    }
    alc_free(files.items);
    alc_free(dirs.items);
    return rc;
}

/* A location and, if recursive, what is below it. */
static int visit_location(struct walk *walk, const char *path)
{
    char *real = realpath(path, NULL);
    const char *dir;
    int rc;

    if (!real) {
        bool absent = errno == ENOENT || errno == ENOTDIR;
        return absent            ? 0
               : errno == ENOMEM ? alc_error_nomem(walk->err)
                                 : fail_directory(walk, path, errno);
    }
    dir = alc_arena_dup(&walk->pending, real, strlen(real));
    free(real);
    rc = dir ? visit_directory(walk, dir, true) : alc_error_nomem(walk->err);
    while (rc == 0 && walk->n_stack) {
        dir = walk->stack[--walk->n_stack];
        rc = visit_directory(walk, dir, false);
    }
    return rc;
}

/* Files behind links were not read at once: they may be duplicates, or no source. */
static int read_links(struct walk *walk)
{
    int rc = 0;

    for (size_t i = 0; i < walk->out->n_files && rc == 0; i++) {
        struct alc_scan_file *file = walk->out->files[i];

        if (file->linked && !file->duplicate &&
            file->scan.reason != ALC_SCAN_COMPILED) {
            rc = scan_reader_add(walk->reader, file, walk->err);
        }
    }
    return rc;
}

int scan_list_files(struct alc_scan_files *out, struct scan_reader *reader,
                    const char *const *paths, size_t n_paths,
                    struct alc_scan_options options, struct alc_error *err)
{
    struct walk walk = {.out = out,
                        .reader = reader,
                        .arena = &out->arenas[0],
                        .options = options,
                        .err = err};
    int rc = 0;

    alc_arena_init(&walk.scratch);
    alc_arena_init(&walk.pending);
    for (size_t i = 0; i < n_paths && rc == 0; i++) {
        rc = visit_location(&walk, paths[i]);
    }
    if (rc == 0 && (walk.has_links || n_paths > 1)) {
        rc = mark_duplicates(&walk);
    }
    drop_others(&walk);
    if (rc == 0 && walk.has_links) {
        rc = read_links(&walk);
    }
    alc_free(walk.stack);
    alc_arena_release(&walk.scratch);
    alc_arena_release(&walk.pending);
    return rc;
}
