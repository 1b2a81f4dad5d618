// OpenBLAS, the yardstick of `apus bench gemm`. Training does not use it: its sums depend on shapes and on the processor,
// and the weight gradient of our own kernels is as fast and has the same bits everywhere.
//
// Why a shim: Debian installs several cblas.h behind alternatives, and the plain name may be the reference library's.
// cblas-openblas.h is always OpenBLAS's own and also declares openblas_set_num_threads: the
// comparison runs on the calling thread only.
#ifndef APUS_COPENBLAS_SHIM_H
#define APUS_COPENBLAS_SHIM_H
#include <cblas-openblas.h>
#endif
