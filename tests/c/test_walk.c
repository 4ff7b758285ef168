/* scan/: which files a directory scan lists, their order, and reading them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"

#include "alc/scan.h"

static char root[64];

static void make_root(void)
{
    strcpy(root, "/tmp/alc-walk-XXXXXX");
    if (!mkdtemp(root)) {
        perror("mkdtemp");
        exit(2);
    }
}

static int remove_entry(const char *path, const struct stat *st, int flag,
                        struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void remove_root(void)
{
    nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Write root/name; missing directories in between are made. */
static void put(const char *name, const char *text)
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", root, name);
    for (char *slash = strchr(path + strlen(root) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0777);
        *slash = '/';
    }
    file = fopen(path, "w");
    CHECK(file != NULL);
    if (file) {
        fputs(text, file);
        fclose(file);
    }
}

static void put_link(const char *name, const char *target)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", root, name);
    CHECK(symlink(target, path) == 0);
}

/* Names relative to root, a blank behind each; "=" before a duplicate. */
static void list(char *to, size_t cap, struct alc_scan_options options, bool twice)
{
    const char *paths[2] = {root, root};
    struct alc_scan_files files;
    struct alc_error err;
    size_t len = 0;

    to[0] = '\0';
    CHECK(alc_scan_directories(&files, paths, twice ? 2 : 1, options, &err) == 0);
    for (size_t i = 0; i < files.n_files; i++) {
        const struct alc_scan_file *file = files.files[i];

        CHECK(strncmp(file->path.ptr, root, strlen(root)) == 0);
        CHECK(file->path.ptr[file->name_at - 1] == '/');
        len +=
            (size_t)snprintf(to + len, cap - len, "%s%s ", file->duplicate ? "=" : "",
                             file->path.ptr + strlen(root) + 1);
    }
    alc_scan_files_release(&files);
}

static void check_list(struct alc_scan_options options, const char *expected)
{
    char names[4096];

    list(names, sizeof names, options, false);
    if (!CHECK(strcmp(names, expected) == 0)) {
        printf("\n  got  %s\n  want %s", names, expected);
    }
}

static const struct alc_scan_options plain = {0};
static const struct alc_scan_options recursive = {.recursive = true};
static const struct alc_scan_options sourceless = {.sourceless = true};
static const struct alc_scan_options both = {.recursive = true, .sourceless = true};

static void test_names(void)
{
    static const char *const names[] = {
        "b.py",         "a.py",     "Z.py",          ".#c.py",        "__init__.py",
        "__init__x.py", "d.PY",     "e.py~",         "#f.py#",        ".g.py",
        "h.pyx",        "i.txt",    "_l.py",         ".py",           "m.py.py",
        "x__init__.py", "n.py.swp", "o.pyc",         "a.pyc",         "q.pyo",
        "dir.py/x",     "sub/s.py", "sub-x/t.py",    "sub/deep/u.py", ".h/v.py",
        "a b.py",       "\xc3.py",  "__pycache__/p", "fifo_.txt",
    };

    make_root();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        put(names[i], "revision = 'a'");
    }
    check_list(plain,
               ".g.py Z.py _l.py a b.py a.py b.py m.py.py x__init__.py \xc3.py ");
    check_list(sourceless, ".g.py Z.py _l.py a b.py a.py b.py m.py.py o.pyc q.pyo "
                           "x__init__.py \xc3.py ");
    check_list(recursive,
               ".g.py Z.py _l.py a b.py a.py b.py m.py.py x__init__.py \xc3.py "
               ".h/v.py sub/s.py sub/deep/u.py sub-x/t.py ");
    remove_root();
}

static void test_cache(void)
{
    static const char *const names[] = {
        "a.py",
        "__pycache__/a.cpython-311.pyc",
        "b.pyc",
        "__pycache__/b.cpython-311.pyc",
        "__pycache__/c.cpython-311.pyc",
        "__pycache__/c.cpython-39.pyc",
        "__pycache__/.#d.cpython-39.pyc",
        "__pycache__/__init__.cpython-39.pyc",
        "__pycache__/deep/q.py",
        "sub/__pycache__/e.cpython-311.pyc",
    };

    make_root();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        put(names[i], "");
    }
    check_list(plain, "a.py ");
    check_list(sourceless, "a.py b.pyc __pycache__/c.cpython-311.pyc "
                           "__pycache__/c.cpython-39.pyc ");
    check_list(both, "a.py b.pyc __pycache__/c.cpython-311.pyc "
                     "__pycache__/c.cpython-39.pyc __pycache__/deep/q.py "
                     "sub/__pycache__/e.cpython-311.pyc ");
    check_list(recursive, "a.py ");
    remove_root();
}

static void test_links(void)
{
    char names[512];

    make_root();
    put("a.py", "revision = 'a'");
    put("z/b.txt", "revision = 'b'");
    put_link("c.py", "a.py");
    put_link("d.py", "z/b.txt");
    put_link("e.py", "nowhere.py");
    put_link("f.py", "/dev/null");
    put_link("loop.py", "loop.py");
    put_link("loop", ".");
    put_link("z/up", "..");
    put_link("g.txt", "z/c.py");
    put("z/c.py", "revision = 'c'");
    check_list(plain, "a.py =a.py nowhere.py z/c.py loop.py ");
    check_list(recursive, "a.py =a.py nowhere.py z/c.py loop.py =z/b.txt =z/c.py ");
    list(names, sizeof names, plain, true);
    CHECK(strcmp(names, "a.py =a.py nowhere.py z/c.py loop.py =a.py =a.py =z/b.txt "
                        "=nowhere.py =z/c.py =loop.py ") == 0);
    remove_root();
}

static void test_no_directory(void)
{
    make_root();
    put("file", "");
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"", "file", "file/x"};
        char path[512];
        const char *paths[] = {path};
        struct alc_scan_files files;
        struct alc_error err;

        snprintf(path, sizeof path, "%s/%s", i ? root : "/nowhere", names[i]);
        CHECK(alc_scan_directories(&files, paths, 1, plain, &err) == 0);
        CHECK(files.n_files == 0);
        alc_scan_files_release(&files);
    }
    remove_root();
}

/* A loop of links as a location cannot be resolved: an error that names it. */
static void test_location_loop(void)
{
    char path[512];
    const char *paths[] = {path};
    struct alc_scan_files files;
    struct alc_error err;

    make_root();
    put_link("loop", "loop");
    snprintf(path, sizeof path, "%s/loop", root);
    CHECK(alc_scan_directories(&files, paths, 1, plain, &err) == ALC_E_IO);
    CHECK(err.sys_errno == ELOOP);
    CHECK(files.failed_path.ptr && strcmp(files.failed_path.ptr, path) == 0);
    alc_scan_files_release(&files);
    remove_root();
}

/* n files, half of them in a sub-directory. */
static void put_many(int n)
{
    for (int i = 0; i < n; i++) {
        char name[32], text[64];

        snprintf(name, sizeof name, "%s%03d.py", i % 2 ? "" : "sub/", i);
        snprintf(text, sizeof text, "'''doc %d'''\nrevision = 'r%d'", i, i);
        put(name, text);
    }
}

/* Is what was read of the file what put_many() has written? */
static bool is_as_put(const struct alc_scan_file *file)
{
    char expected[32];

    snprintf(expected, sizeof expected, "r%d", atoi(file->path.ptr + file->name_at));
    return file->scan.reason == ALC_SCAN_OK && file->scan.has_doc &&
           strcmp(file->scan.values[0].u.str.ptr, expected) == 0;
}

/* Whoever reads a file, and when: the answer and the order are the same. */
static void test_reading(void)
{
    enum { N = 900 };
    const char *paths[] = {root};

    make_root();
    put_many(N);
    for (unsigned n_threads = 0; n_threads < 10; n_threads++) {
        struct alc_scan_options options = {.recursive = true, .n_threads = n_threads};
        struct alc_scan_files files;
        struct alc_error err;

        CHECK(alc_scan_directories(&files, paths, 1, options, &err) == 0);
        CHECK(files.n_files == N);
        for (size_t i = 0; i < files.n_files; i++) {
            const struct alc_scan_file *file = files.files[i];
            int number = atoi(file->path.ptr + file->name_at);

            CHECK((size_t)number == (i < N / 2 ? 2 * i + 1 : 2 * i - N));
            CHECK(is_as_put(file));
        }
        alc_scan_files_release(&files);
    }
    remove_root();
}

/* A location that cannot be read, when threads are reading another one already. */
static void test_failure_while_reading(void)
{
    char path[512];
    const char *paths[] = {root, path};

    make_root();
    put_many(900);
    put_link("loop", "loop");
    snprintf(path, sizeof path, "%s/loop", root);
    for (int i = 0; i < 20; i++) {
        struct alc_scan_files files;
        struct alc_error err;

        CHECK(alc_scan_directories(&files, paths, 2, recursive, &err) == ALC_E_IO);
        CHECK(err.sys_errno == ELOOP);
        alc_scan_files_release(&files);
    }
    remove_root();
}

/* What links lead to is read, too, but once; what cannot be opened says why. */
static void test_reading_links(void)
{
    static const struct {
        const char *name;
        bool duplicate;
        enum alc_scan_reason reason;
        int sys_errno;
    } expected[] = {
        {"z/a.py", false, ALC_SCAN_OK, 0},
        {"loop.py", false, ALC_SCAN_UNREADABLE, ELOOP},
        {"nowhere.py", false, ALC_SCAN_UNREADABLE, ENOENT},
        {"z/a.py", true, ALC_SCAN_OK, 0},
    };
    const char *paths[] = {root};
    struct alc_scan_files files;
    struct alc_error err;

    make_root();
    put("z/a.py", "revision = 'a'");
    put_link("a.py", "z/a.py");
    put_link("loop.py", "loop.py");
    put_link("missing.py", "nowhere.py");
    CHECK(alc_scan_directories(&files, paths, 1, recursive, &err) == 0);
    CHECK(files.n_files == sizeof expected / sizeof *expected);
    for (size_t i = 0; i < files.n_files; i++) {
        const struct alc_scan_file *file = files.files[i];

        CHECK(strcmp(file->path.ptr + strlen(root) + 1, expected[i].name) == 0);
        CHECK(file->linked == !expected[i].duplicate);
        CHECK(file->duplicate == expected[i].duplicate);
        CHECK(file->duplicate || file->scan.reason == expected[i].reason);
        CHECK(file->duplicate || file->sys_errno == expected[i].sys_errno);
    }
    CHECK(strcmp(files.files[0]->scan.values[0].u.str.ptr, "a") == 0);
    alc_scan_files_release(&files);
    remove_root();
}

/* A link that leads nowhere is known by the path that is missing, all of it. */
static void test_links_to_missing_files(void)
{
    static const struct {
        const char *target;
        const char *path; /* NULL: not named as revision files are */
        int sys_errno;
    } cases[] = {
        {"x.py", "/v/x.py", ENOENT},
        {"gone/x.py", "/v/gone/x.py", ENOENT},
        {"gone/deeper/x.py", "/v/gone/deeper/x.py", ENOENT},
        {"gone//./deeper/../x.py", "/v/gone/x.py", ENOENT},
        {"../x.py", "/x.py", ENOENT},
        {"file.txt/x.py", "/v/file.txt/x.py", ENOTDIR},
        {"to_gone/x.py", "/v/gone/x.py", ENOENT},
        {"to_above/x.py", "/gone/x.py", ENOENT},
        {"to_link.py", "/v/gone/x.py", ENOENT},
        {"to_circle/x.py", "/v/link.py", ELOOP},
        {"gone/x.txt", NULL, 0},
        {"gone.py/x", NULL, 0},
    };
    struct alc_error err;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char dir[80];
        const char *paths[] = {dir};
        struct alc_scan_files files;

        make_root();
        snprintf(dir, sizeof dir, "%s/v", root);
        put("v/file.txt", "");
        put_link("v/to_gone", "gone");
        put_link("v/to_above", "../gone");
        put_link("v/to_link.py", "gone/x.py");
        put_link("v/to_circle", "to_circle");
        put_link("v/link.py", cases[i].target);
        CHECK(alc_scan_directories(&files, paths, 1, plain, &err) == 0);
        CHECK(files.n_files == (cases[i].path ? 2 : 1));
        if (cases[i].path) {
            const struct alc_scan_file *file = files.files[0];

            CHECK(strcmp(file->path.ptr + strlen(root), cases[i].path) == 0);
            CHECK(file->scan.reason == ALC_SCAN_UNREADABLE);
            CHECK(file->sys_errno == cases[i].sys_errno);
        }
        alc_scan_files_release(&files);
        remove_root();
    }
}

/* In place of the C library's: so often a signal comes first. */
static atomic_int n_signals;

int openat(int dir_fd, const char *path, int flags, ...)
{
    if (atomic_load(&n_signals) > 0) {
        atomic_fetch_sub(&n_signals, 1);
        errno = EINTR;
        return -1;
    }
    return (int)syscall(SYS_openat, dir_fd, path, flags);
}

static void test_signals_while_opening(void)
{
    const char *paths[] = {root};
    struct alc_scan_files files;
    struct alc_error err;

    make_root();
    put("a.py", "revision = 'a'");
    atomic_store(&n_signals, 3);
    CHECK(alc_scan_directories(&files, paths, 1, plain, &err) == 0);
    CHECK(atomic_load(&n_signals) == 0);
    CHECK(files.n_files == 1 && files.files[0]->scan.reason == ALC_SCAN_OK);
    alc_scan_files_release(&files);
    remove_root();
}

/* Larger than the first read, so that reading goes on where it stopped. */
static void test_large_file(void)
{
    enum { N = 50000 };
    char path[512];
    struct alc_scan_files files;
    struct alc_error err;
    char *text = malloc(N * 10 + 64);

    make_root();
    CHECK(text != NULL);
    text[0] = '\0';
    for (size_t i = 0; i < N; i++) {
        memcpy(text + i * 10, "x = 'abc'\n", 10);
    }
    strcpy(text + N * 10, "revision = 'late'\n");
    put("large.py", text);
    snprintf(path, sizeof path, "%s/large.py", root);
    CHECK(alc_scan_one(&files, path, &err) == 0);
    CHECK(files.n_files == 1 && files.files[0]->scan.reason == ALC_SCAN_OK);
    CHECK(strcmp(files.files[0]->scan.values[0].u.str.ptr, "late") == 0);
    alc_scan_files_release(&files);
    free(text);
    remove_root();
}

static void test_unreadable(void)
{
    static const struct {
        const char *path;
        int sys_errno;
    } cases[] = {{"/nowhere/a.py", ENOENT}, {"/tmp", EISDIR}, {"nowhere.py", ENOENT}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alc_scan_files files;
        struct alc_error err;

        CHECK(alc_scan_one(&files, cases[i].path, &err) == 0);
        CHECK(files.files[0]->scan.reason == ALC_SCAN_UNREADABLE);
        CHECK(files.files[0]->sys_errno == cases[i].sys_errno);
        CHECK(strcmp(files.files[0]->path.ptr, cases[i].path) == 0);
        alc_scan_files_release(&files);
    }
}

static int scan_root(void *arg)
{
    const char *paths[] = {root, root};
    struct alc_scan_options options = {
        .recursive = true, .sourceless = true, .n_threads = 1};
    struct alc_scan_files files;
    struct alc_error err;
    int rc;

    (void)arg;
    rc = alc_scan_directories(&files, paths, 2, options, &err);
    alc_scan_files_release(&files);
    if (rc == 0) {
        char path[512];

        snprintf(path, sizeof path, "%s/a.py", root);
        rc = alc_scan_one(&files, path, &err);
        alc_scan_files_release(&files);
    }
    return rc;
}

static void test_out_of_memory(void)
{
    make_root();
    put("a.py", "revision = 'a'");
    put("sub/b.py", "revision = ('b',)");
    put("__pycache__/c.cpython-311.pyc", "");
    put_link("l.py", "sub/b.py");
    check_out_of_memory(scan_root, NULL);
    remove_root();
}

static int scan_in_threads(void *arg)
{
    const char *paths[] = {root};
    struct alc_scan_files files;
    int rc;

    (void)arg;
    rc = alc_scan_directories(&files, paths, 1, recursive, NULL);
    alc_scan_files_release(&files);
    return rc;
}

/* Which thread an allocation fails in is left to chance. */
static void test_out_of_memory_in_threads(void)
{
    make_root();
    put_many(900);
    check_out_of_memory(scan_in_threads, NULL);
    remove_root();
}

int main(void)
{
    static const struct test_case cases[] = {
        {"names", test_names},
        {"cache", test_cache},
        {"links", test_links},
        {"no directory", test_no_directory},
        {"location loop", test_location_loop},
        {"reading", test_reading},
        {"failure while reading", test_failure_while_reading},
        {"reading links", test_reading_links},
        {"links to missing files", test_links_to_missing_files},
        {"signals while opening", test_signals_while_opening},
        {"large file", test_large_file},
        {"unreadable", test_unreadable},
        {"out of memory", test_out_of_memory},
        {"out of memory in threads", test_out_of_memory_in_threads},
    };

    return RUN_TESTS(cases);
}
