// Memory that a kernel call needs for its duration.
#pragma once
#include <stdint.h>

namespace gradtape {

/// At least `bytes` bytes for the calling thread, 64-byte aligned, or null. The thread's next call for the
/// slot returns the same memory; it is freed when the thread ends.
inline constexpr int kScratchSlots = 2;
void* thread_scratch(int64_t bytes, int slot = 0);

}  // namespace gradtape
