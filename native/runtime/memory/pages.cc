#include "runtime/memory/pages.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif
#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace gradtape {

namespace {

#if defined(__linux__)
/// Huge pages are requested for blocks of at least this size.
constexpr int64_t kHugeFrom = int64_t{128} << 10;

bool keeps_heap() {
  static const bool keeps = [] {
    const char* choice = getenv("GRADTAPE_KEEP_HEAP");
    return choice == nullptr || strcmp(choice, "0") != 0;
  }();
  return keeps;
}
#endif

}  // namespace

void keep_heap() {
#if defined(__GLIBC__)
  if (!keeps_heap()) return;
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

void trim_heap() {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

void ask_for_huge_pages(void* p, int64_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  if (bytes < kHugeFrom || p == nullptr || !keeps_heap()) return;
  const uintptr_t begin = reinterpret_cast<uintptr_t>(p) & ~static_cast<uintptr_t>(kHugePage - 1);
  const uintptr_t end = (reinterpret_cast<uintptr_t>(p) + static_cast<uintptr_t>(bytes) + kHugePage - 1) &
                        ~static_cast<uintptr_t>(kHugePage - 1);
  // Only advice: harmless if the range exceeds the mapping or there are no huge pages.
  madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#else
  (void)p;
  (void)bytes;
#endif
}

}  // namespace gradtape
