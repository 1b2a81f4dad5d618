// All kernels as static functions, compiled once for each instruction set: the including file sets the target, defines
// APUS_AVX512 (with APUS_VNNI and APUS_AMX or not), APUS_AVX2 or neither, and names the table. The sources are nearly the same.

#include "../kernel_table.h"
#include <string.h>

// Fused only where written so, whatever the compiler's default: the bits must not depend on its choices.
#pragma clang fp contract(off)
// 64-byte vectors are passed between inlined functions only; how an instruction set would pass them doesn't matter.
#pragma clang diagnostic ignored "-Wpsabi"

#if defined(APUS_TARGET)
#pragma clang attribute push(__attribute__((target(APUS_TARGET))), apply_to = function)
#endif

#include "vector.h"
#include "exp.h"
#include "conversion.h"
#include "tile.h"
#include "gemm.h"
#include "gemm_gradient.h"
#include "normalisation.h"
#include "activation.h"
#include "attention.h"
#include "attention_backward.h"
#include "router.h"
#include "head.h"
#include "optimizer.h"
#include "int8.h"
#include "bf16.h"
#include "crc32c.h"
#include "peak.h"

#if defined(APUS_TARGET)
#pragma clang attribute pop
#endif

#define APUS_ENTRY(result, name, parameters, arguments) .name = name,
#define APUS_TABLE(label) {.instruction_set = label, APUS_KERNELS(APUS_ENTRY)}
