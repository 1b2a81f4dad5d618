#ifndef APUS_CZEROMQ_SHIM_H
#define APUS_CZEROMQ_SHIM_H

// The system's libzmq (Debian: libzmq3-dev, 4.3.4 or later).
// The package declares no pkgConfig for it: libzmq.pc carries flags that SwiftPM refuses with a warning, and our warnings are errors.
#include <zmq.h>

// libzmq implements this option in every build, but its header shows it to draft builds only.
// CURVE without it fails open: a ZAP domain is not enforced, so a client that no handler has judged is let in.
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

// eventfd(2) is how other threads wake the one which sits in zmq_poll; Swift's Glibc overlay leaves it out.
#include <sys/eventfd.h>

#endif
