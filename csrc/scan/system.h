/* What depends on the operating system; elsewhere than on Linux the safe answer. */
#ifndef ALC_SCAN_SYSTEM_H
#define ALC_SCAN_SYSTEM_H

#include <stdbool.h>

/* Processors that this process may use; at least 1. */
unsigned system_count_processors(void);

/*
 * Does read() on the file system of `fd` give all that was asked for, up to the end of
 * the file or a block that cannot be read?  Those that read through the page cache do;
 * then there is mostly no need to ask again.
 */
bool system_has_whole_reads(int fd);

/*
 * Give the calling thread a table of descriptors of its own: opening files takes a lock
 * on the table, and threads that share it wait for each other.  What the thread opens
 * from now on it has to close itself.  Where that is refused it only takes longer.
 */
void system_own_descriptors(void);

#endif
