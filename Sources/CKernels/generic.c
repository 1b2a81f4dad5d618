// The kernels for whatever the compiler targets by default: NEON on arm64 (whose baseline has fused multiply-adds); on
// x86-64 SSE2, where a fused multiply-add is a slow library call, and only the bits matter.
#include "kernels/all.h"
#if defined(__aarch64__)
const apus_kernels apus_kernels_generic = APUS_TABLE("neon");
#else
const apus_kernels apus_kernels_generic = APUS_TABLE("generic");
#endif
