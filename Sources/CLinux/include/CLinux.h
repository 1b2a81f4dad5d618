#ifndef APUS_CLINUX_H
#define APUS_CLINUX_H

// What Swift's Glibc module leaves out: it declares nothing that needs _GNU_SOURCE.

#include <stdint.h>

/// Sets room aside on the disk for a file beyond its end, without making the file longer.
/// Returns 0, or -1 with errno: the file system cannot, or has no room.
int apus_reserve_disk(int descriptor, int64_t offset, int64_t count);

#endif
