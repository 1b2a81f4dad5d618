// Chooses the instruction set at first use and forwards every public function to its kernels.
#define _GNU_SOURCE  // syscall
#include "kernel_table.h"
#include <stdatomic.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#endif

// The forwarding functions return what the kernel returns, also where that is void.
#pragma clang diagnostic ignored "-Wpedantic"

/// The best this processor can run, once known; what a test wants on its own thread instead.
static _Atomic(const apus_kernels *) selected;
static _Thread_local const apus_kernels *forced;

#if defined(__x86_64__)
/// Whether there is a matrix unit for bf16, and the system lets this process use it. Linux has to be asked once per process,
/// before the first use (Documentation/arch/x86/xstate.rst), because the unit's state makes every thread's larger.
static bool has_matrix_unit(void) {
    if (!__builtin_cpu_supports("avx512bf16")) return false;
    const unsigned bf16 = 1u << 22, tile = 1u << 24;
    unsigned a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & (bf16 | tile)) != (bf16 | tile)) return false;
#if defined(__linux__)
    const long request_permission = 0x1023, tile_data = 18;
    return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
    return false;
#endif
}
#endif

/// Those this processor can run, best first.
static size_t available(const apus_kernels *found[5]) {
    size_t count = 0;
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                      __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("sse4.2");
    if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd")) {
        if (__builtin_cpu_supports("avx512vnni")) {
            if (has_matrix_unit()) found[count++] = &apus_kernels_amx;
            found[count++] = &apus_kernels_avx512vnni;
        }
        found[count++] = &apus_kernels_avx512;
    }
    if (avx2) found[count++] = &apus_kernels_avx2;
#endif
    found[count++] = &apus_kernels_generic;
    return count;
}

static const apus_kernels *kernels(void) {
    if (forced != NULL) return forced;
    const apus_kernels *best = atomic_load_explicit(&selected, memory_order_relaxed);
    if (best != NULL) return best;
    const apus_kernels *found[5];
    available(found);
    atomic_store_explicit(&selected, found[0], memory_order_relaxed);
    return found[0];
}

const char *apus_instruction_set(void) { return kernels()->instruction_set; }

bool apus_force_instruction_set(const char *name) {
    forced = NULL;
    if (name == NULL) return true;
    const apus_kernels *found[5];
    const size_t count = available(found);
    for (size_t i = 0; i < count && forced == NULL; i += 1)
        if (strcmp(found[i]->instruction_set, name) == 0) forced = found[i];
    return forced != NULL;
}

size_t apus_panel_width(void) { return 32; }

size_t apus_packed_bytes(size_t n, size_t k, apus_dtype dtype) {
    const size_t panels = (n + apus_panel_width() - 1) / apus_panel_width();
    return panels * apus_panel_width() * k * (dtype == APUS_BF16 ? 2 : 4);
}

#define APUS_FORWARD(result, name, parameters, arguments) \
    result apus_##name parameters { return kernels()->name arguments; }
APUS_KERNELS(APUS_FORWARD)
