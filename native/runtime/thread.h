// Threads that end with the process, and how they sleep.
#pragma once
#include <stdint.h>

#include <atomic>

namespace gradtape {

/// Starts a detached thread, which takes no signals of the program's, and keeps the library loaded from then
/// on. False where the system has no thread to give. `f` must not return.
bool start_thread(void (*f)(int), int argument, int64_t stack_bytes);

/// Sleeps while the word has the value. May return early.
void sleep_while(std::atomic<uint32_t>& word, uint32_t value);
/// Wakes one that sleeps on the word. Whoever changed it before finds everyone who saw it unchanged.
void wake(std::atomic<uint32_t>& word);

}  // namespace gradtape
