// Detached threads, and how they sleep.
#pragma once
#include <stdint.h>

#include <atomic>

namespace gradtape {

/// Starts a detached thread that blocks all signals, and keeps the library loaded from then on. False if the
/// system cannot start a thread. `f` must not return.
bool start_thread(void (*f)(int), int argument, int64_t stack_bytes);

/// Sleeps while the word has the value. May return early.
void sleep_while(std::atomic<uint32_t>& word, uint32_t value);
/// Wakes one thread that sleeps on the word. Call it after changing the word; a thread that is about to sleep
/// sees the change.
void wake(std::atomic<uint32_t>& word);

}  // namespace gradtape
