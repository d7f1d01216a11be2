// Pages of the heap: kept mapped when freed, and huge pages for large allocations.
#pragma once
#include <stdint.h>

namespace gradtape {

/// V8's storages come from the C library's heap, and a fresh mapping costs more in page faults than most ops
/// take (40 MB written: 18 ms fresh, 2 ms in kept pages). So freed pages stay with the heap: glibc then
/// serves large blocks from it too, and does not give the top back. Process-wide, to be called once;
/// GRADTAPE_KEEP_HEAP=0 leaves the heap as it is, without huge pages.
void keep_heap();

/// Returns free pages to the system.
void trim_heap();

inline constexpr int64_t kHugePage = int64_t{2} << 20;

/// To be called before the first byte of a large block is written: a hundredth of the page faults, and a
/// working set of 20 MB still fits the TLB. Small blocks are left alone.
void ask_for_huge_pages(void* p, int64_t bytes);

}  // namespace gradtape
