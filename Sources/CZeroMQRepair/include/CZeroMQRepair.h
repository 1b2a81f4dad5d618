#ifndef APUS_CZEROMQREPAIR_H
#define APUS_CZEROMQREPAIR_H

#include <stdbool.h>

// Whether libzmq's own calls of zmq_msg_send go through this module (see repair.c).
bool czeromq_is_repaired(void);

#endif
