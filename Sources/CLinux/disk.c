#define _GNU_SOURCE
#include <fcntl.h>

#include "CLinux.h"

int apus_reserve_disk(int descriptor, int64_t offset, int64_t count) {
    return fallocate(descriptor, FALLOC_FL_KEEP_SIZE, offset, count);
}
