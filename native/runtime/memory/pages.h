// Pages of the heap: kept mapped when freed, and huge pages for large allocations.
#pragma once
#include <stdint.h>

namespace gradtape {

/// V8's storages come from the C library's heap, and page faults of a fresh mapping cost more than most ops
/// (40 MB written: 18 ms fresh, 2 ms in kept pages). So freed pages are kept mapped: glibc then serves large
/// blocks from the heap, too, and does not trim it. Process-wide; call it once. GRADTAPE_KEEP_HEAP=0 leaves
/// the heap as it is, without huge pages.
void keep_heap();

/// Returns free pages to the system.
void trim_heap();

inline constexpr int64_t kHugePage = int64_t{2} << 20;

/// Call it before the first write to a large block: 1% of the page faults, and a working set of 20 MB still
/// fits the TLB. Has no effect on small blocks.
void ask_for_huge_pages(void* p, int64_t bytes);

}  // namespace gradtape
