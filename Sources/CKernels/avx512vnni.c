// The kernels for AVX-512 with VNNI: those of AVX-512, but for products in eight bits.
#if defined(__x86_64__)
#define APUS_AVX512
#define APUS_VNNI
#define APUS_TARGET "avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx512vnni,avx2,fma,bmi,bmi2,lzcnt,popcnt,sse4.2,crc32"
#include "kernels/all.h"
const apus_kernels apus_kernels_avx512vnni = APUS_TABLE("avx512-vnni");
#endif
