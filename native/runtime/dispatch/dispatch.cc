#include "runtime/dispatch/dispatch.h"

#include <stdlib.h>

#include "tables.h"

#define GT_DECLARE(family) void gradtape_fill_##family##_portable(gradtape::KernelTable&);
GT_FAMILIES(GT_DECLARE)
#undef GT_DECLARE
#if defined(__x86_64__)
#define GT_DECLARE(family)                                    \
  void gradtape_fill_##family##_avx2(gradtape::KernelTable&); \
  void gradtape_fill_##family##_avx512(gradtape::KernelTable&);
GT_FAMILIES(GT_DECLARE)
#undef GT_DECLARE
#endif
#if defined(__aarch64__)
#define GT_DECLARE(family) void gradtape_fill_##family##_neon(gradtape::KernelTable&);
GT_FAMILIES(GT_DECLARE)
#undef GT_DECLARE
#endif

namespace gradtape {

namespace {

#define GT_FILL(set, bytes)              \
  [] {                                   \
    KernelTable t = {};                  \
    t.isa = #set;                        \
    t.vector_bytes = bytes;              \
    GT_FAMILIES(GT_FILL_##set) return t; \
  }()
#define GT_FILL_portable(family) gradtape_fill_##family##_portable(t);
#define GT_FILL_avx2(family) gradtape_fill_##family##_avx2(t);
#define GT_FILL_avx512(family) gradtape_fill_##family##_avx512(t);
#define GT_FILL_neon(family) gradtape_fill_##family##_neon(t);

const char* g_forced_error = nullptr;

const KernelTable& choose() {
  Isa isa = detect_isa();
  if (const char* forced = getenv("GRADTAPE_FORCE_ISA"); forced != nullptr && forced[0] != '\0') {
    Isa wanted;
    if (!isa_from_name(forced, &wanted)) {
      g_forced_error = "is not one of portable, avx2, avx512, neon";
    } else if (!isa_available(wanted)) {
      g_forced_error = "cannot run on this CPU";
    } else {
      isa = wanted;
    }
  }
  return *kernel_table(isa);
}

}  // namespace

const KernelTable* kernel_table(Isa isa) {
  if (!isa_available(isa)) return nullptr;
  switch (isa) {
#if defined(__x86_64__)
    case Isa::kAvx2: {
      static const KernelTable table = GT_FILL(avx2, 32);
      return &table;
    }
    case Isa::kAvx512: {
      static const KernelTable table = GT_FILL(avx512, 64);
      return &table;
    }
#endif
#if defined(__aarch64__)
    case Isa::kNeon: {
      static const KernelTable table = GT_FILL(neon, 16);
      return &table;
    }
#endif
    default: {
      static const KernelTable table = GT_FILL(portable, 16);
      return &table;
    }
  }
}

const KernelTable& kernels() {
  static const KernelTable& table = choose();
  return table;
}

const char* forced_isa_error() {
  kernels();
  return g_forced_error;
}

}  // namespace gradtape
