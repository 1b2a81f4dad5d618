// The kernels for AVX-512 with VNNI and Intel's matrix unit: those of AVX-512, but for products in eight bits and in bf16.
#if defined(__x86_64__)
#define APUS_AVX512
#define APUS_VNNI
#define APUS_AMX
#define APUS_TARGET \
    "avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx512vnni,avx512bf16,amx-tile,amx-bf16,avx2,fma,bmi,bmi2,lzcnt,popcnt,sse4.2,crc32"
#include "kernels/all.h"
const apus_kernels apus_kernels_amx = APUS_TABLE("amx");
#endif
