// Threads that end with the process.
#pragma once
#include <stdint.h>

namespace gradtape {

/// Starts a detached thread, which takes no signals of the program's, and keeps the library loaded from then
/// on. False where the system has no thread to give. `f` must not return.
bool start_thread(void (*f)(int), int argument, int64_t stack_bytes);

}  // namespace gradtape
