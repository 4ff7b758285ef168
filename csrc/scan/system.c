/* See system.h. */
#define _GNU_SOURCE
#include "system.h"

#include <stddef.h>

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

bool system_has_whole_reads(int fd)
{
    (void)fd;
    return false;
}

void system_own_descriptors(void)
{
}

#endif
