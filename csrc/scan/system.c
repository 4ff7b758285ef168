/* See system.h. */
#define _GNU_SOURCE
#include "system.h"

#include <stddef.h>
#include <unistd.h>

#ifdef __linux__

#include <sched.h>
#include <sys/vfs.h>

/*
 * ThreadSanitizer knows files by the numbers of their descriptors, and takes the same
 * number in the tables of two threads for one file: a race that is none.
 */
#if defined(__SANITIZE_THREAD__)
#define ONE_TABLE_A_PROCESS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ONE_TABLE_A_PROCESS 1
#endif
#endif

unsigned system_count_processors(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

bool system_has_whole_reads(int fd)
{
    static const unsigned long magic[] = {
        0xEF53 /* ext2/3/4 */, 0x58465342 /* XFS */, 0x9123683E /* Btrfs */,
        0x01021994 /* tmpfs */, 0x794C7630 /* overlayfs */};
    struct statfs fs;

    if (fstatfs(fd, &fs) != 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof magic / sizeof *magic; i++) {
        if ((unsigned long)fs.f_type == magic[i]) {
            return true;
        }
    }
    return false;
}

void system_own_descriptors(void)
{
#ifndef ONE_TABLE_A_PROCESS
    (void)unshare(CLONE_FILES);
#endif
}

#else

unsigned system_count_processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n > 1 ? (unsigned)n : 1;
}

bool system_has_whole_reads(int fd)
{
    (void)fd;
    return false;
}

void system_own_descriptors(void)
{
}

#endif
