// The kernels for AVX2 with FMA (x86-64-v3).
#if defined(__x86_64__)
#define APUS_AVX2
#define APUS_TARGET "avx2,fma,bmi,bmi2,lzcnt,popcnt,sse4.2,crc32"
#include "kernels/all.h"
const apus_kernels apus_kernels_avx2 = APUS_TABLE("avx2");
#endif
