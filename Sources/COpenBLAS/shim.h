// OpenBLAS, used only for weight gradients (large sums over rows, where promise 5 asks nothing of the forward's bits).
//
// Why a shim: Debian installs several cblas.h behind alternatives, and the plain name may be the reference library's.
// cblas-openblas.h is always OpenBLAS's own and also declares openblas_set_num_threads: OpenBLAS must run on the calling
// thread only, because Apus parallelises around it and its own threads would change the results with the thread count.
#ifndef APUS_COPENBLAS_SHIM_H
#define APUS_COPENBLAS_SHIM_H
#include <cblas-openblas.h>
#endif
