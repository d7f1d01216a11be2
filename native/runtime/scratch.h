// Memory that a kernel call needs for its duration.
#pragma once
#include <stdint.h>

namespace gradtape {

/// At least `bytes` bytes for the calling thread, 64-byte aligned, or null. The same memory is handed out
/// again at the thread's next call; it is freed when the thread ends.
void* thread_scratch(int64_t bytes);

}  // namespace gradtape
