// The kernels for AVX-512 (x86-64-v4).
#if defined(__x86_64__)
#define APUS_AVX512
#define APUS_TARGET "avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx2,fma,bmi,bmi2,lzcnt,popcnt,sse4.2,crc32"
#include "kernels/all.h"
const apus_kernels apus_kernels_avx512 = APUS_TABLE("avx512");
#endif
