#include "runtime/dispatch/cpu.h"

#include <stdint.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <initializer_list>

namespace gradtape {

#if defined(__x86_64__)
namespace {

constexpr uint32_t bits(std::initializer_list<int> numbers) {
  uint32_t mask = 0;
  for (int n : numbers) mask |= uint32_t{1} << n;
  return mask;
}
bool has(uint32_t word, uint32_t mask) { return (word & mask) == mask; }

struct CpuId {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};
/// All zero if the CPU lacks the leaf.
CpuId cpuid(uint32_t leaf, uint32_t subleaf) {
  CpuId r;
  if (__get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx) == 0) r = {};
  return r;
}

/// What the compiler may use under -march=x86-64-v3 and -v4, and which registers the operating system saves.
/// Not __builtin_cpu_supports: it reads a table of the compiler's runtime library, which some compilers (zig,
/// clang-cl) lack or stub.
struct X86 {
  bool v3 = false, v4 = false;

  X86() {
    const CpuId basic = cpuid(1, 0), extended = cpuid(0x80000001, 0), features = cpuid(7, 0);
    // SSE3, SSSE3, FMA, CMPXCHG16B, SSE4.1, SSE4.2, MOVBE, POPCNT, OSXSAVE, AVX, F16C
    if (!has(basic.ecx, bits({0, 9, 12, 13, 19, 20, 22, 23, 27, 28, 29}))) return;
    uint32_t saved = 0, high = 0;
    __asm__ volatile("xgetbv" : "=a"(saved), "=d"(high) : "c"(0));
    // LAHF, LZCNT; BMI1, AVX2, BMI2; the XMM and YMM registers
    v3 = has(extended.ecx, bits({0, 5})) && has(features.ebx, bits({3, 5, 8})) && has(saved, bits({1, 2}));
#if defined(__APPLE__)
    // macOS saves mask and ZMM registers only once a thread has used them, and does not report them before.
    const bool saves_zmm = true;
#else
    const bool saves_zmm = has(saved, bits({5, 6, 7}));
#endif
    // AVX512F, DQ, CD, BW, VL
    v4 = v3 && saves_zmm && has(features.ebx, bits({16, 17, 28, 30, 31}));
  }
};

const X86& x86() {
  static const X86 found;
  return found;
}

}  // namespace
#endif

bool isa_available(Isa isa) {
  switch (isa) {
    case Isa::kPortable:
      return true;
#if defined(__x86_64__)
    case Isa::kAvx2:
      return x86().v3;
    case Isa::kAvx512:
      return x86().v4;
#endif
#if defined(__aarch64__)
    case Isa::kNeon:
      return true;
#endif
    default:
      return false;
  }
}

Isa detect_isa() {
  for (Isa isa : {Isa::kAvx512, Isa::kAvx2, Isa::kNeon}) {
    if (isa_available(isa)) return isa;
  }
  return Isa::kPortable;
}

const char* isa_name(Isa isa) {
  switch (isa) {
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512:
      return "avx512";
    case Isa::kNeon:
      return "neon";
    default:
      return "portable";
  }
}

bool isa_from_name(const char* name, Isa* isa) {
  for (Isa candidate : {Isa::kPortable, Isa::kAvx2, Isa::kAvx512, Isa::kNeon}) {
    if (strcmp(name, isa_name(candidate)) == 0) {
      *isa = candidate;
      return true;
    }
  }
  return false;
}

}  // namespace gradtape
