/*
 * The floor of a directory scan: list a directory, open and read its *.py files by
 * name, in one thread, and do nothing with them.  The benchmark measures its distance
 * to this.
 *
 * usage: floor DIRECTORY [REPEAT]
 * Prints "milliseconds files bytes" for the fastest of REPEAT (default 1) rounds.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct round {
    double ms;
    size_t n_files;
    size_t len;
};

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int is_python(const struct dirent *item)
{
    size_t len = strlen(item->d_name);

    return len > 3 && strcmp(item->d_name + len - 3, ".py") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Bytes in a file, read to its end. */
static size_t read_file(int dir_fd, const char *name, char *buf, size_t cap)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    ssize_t n;

    if (fd < 0) {
        return 0;
    }
    while ((n = read(fd, buf, cap)) > 0) {
        len += (size_t)n;
    }
    close(fd);
    return len;
}

static int run(struct round *out, const char *path)
{
    static char buf[1 << 16];
    struct dirent **items;
    double start = now_ms();
    int n = scandir(path, &items, is_python, by_name);
    int dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (n < 0 || dir_fd < 0) {
        perror(path);
        return -1;
    }
    out->n_files = (size_t)n;
    out->len = 0;
    for (int i = 0; i < n; i++) {
        out->len += read_file(dir_fd, items[i]->d_name, buf, sizeof buf);
        free(items[i]);
    }
    free(items);
    close(dir_fd);
    out->ms = now_ms() - start;
    return 0;
}

int main(int argc, char **argv)
{
    int repeat = argc > 2 ? atoi(argv[2]) : 1;
    struct round best = {0};

    if (argc < 2) {
        fprintf(stderr, "usage: floor DIRECTORY [REPEAT]\n");
        return 2;
    }
    for (int i = 0; i < repeat; i++) {
        struct round round;

        if (run(&round, argv[1]) < 0) {
            return 1;
        }
        if (i == 0 || round.ms < best.ms) {
            best = round;
        }
    }
    printf("%.3f %zu %zu\n", best.ms, best.n_files, best.len);
    return 0;
}
