// Keeps errno over a successful zmq_msg_send, for the sake of libzmq itself.
//
// When an encrypted message turns out to be damaged, libzmq (4.3.4 and 4.3.5) sets errno to EPROTO, tells the socket's monitor
// with zmq_msg_send, which often leaves EAGAIN behind, and only then looks at errno (curve_mechanism_base_t::decode, then
// stream_engine_base_t::in_event_internal). It then takes the protocol error for a full queue: the connection is not ended but
// never read again, and if the other side ends it, the next heartbeat aborts the process ("Assertion failed: !_io_error").
//
// libzmq calls its exported functions through its procedure linkage table, so a function of the same name in the executable
// comes first. This one calls the real one and puts errno back.

#define _GNU_SOURCE
#include "CZeroMQRepair.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <zmq.h>

typedef int send_function(zmq_msg_t *, void *, int);

static send_function *real_send;

// Before main, hence before any thread that could call it.
__attribute__((constructor)) static void find_real_send(void) {
    real_send = (send_function *)dlsym(RTLD_NEXT, "zmq_msg_send");
    if (!real_send) abort();
}

int zmq_msg_send(zmq_msg_t *message, void *socket, int flags) {
    int before = errno;
    int sent = real_send(message, socket, flags);
    if (sent >= 0) errno = before;
    return sent;
}

bool czeromq_is_repaired(void) { return dlsym(RTLD_DEFAULT, "zmq_msg_send") == (void *)zmq_msg_send; }
