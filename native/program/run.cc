#include "run.h"

namespace gradtape {

ProgramResult run_program(const StepTable& steps, const Code& code, int64_t at, const Range* storages,
                          int64_t storage_count, const std::atomic<bool>* cancelled) {
  const int64_t end = code.count;
  while (at < end) {
    if (cancelled != nullptr && cancelled->load(std::memory_order_relaxed)) return {at, kCancelled};
    const double* w = code.words + at;
    if (end - at < 3 || !is_count(w[0], steps.count - 1) || !is_count(w[1], kMaxBuffers) ||
        !is_count(w[2], kFrameSlots)) {
      return {at, "an instruction of the program is damaged"};
    }
    const int buffers = static_cast<int>(w[1]);
    const int numbers = static_cast<int>(w[2]);
    const int64_t next = at + 3 + 3 * buffers + numbers;
    if (next > end) return {at, "an instruction of the program is cut off"};
    Range ranges[kMaxBuffers];
    for (int i = 0; i < buffers; i++) {
      const double* b = w + 3 + 3 * i;
      if (!is_count(b[0], static_cast<double>(storage_count - 1))) {
        return {at, "an instruction of the program names no storage"};
      }
      const Range& storage = storages[static_cast<int64_t>(b[0])];
      if (!is_count(b[1], static_cast<double>(storage.bytes)) ||
          !is_count(b[2], static_cast<double>(storage.bytes) - b[1])) {
        return {at, "a range of the program lies outside its storage"};
      }
      ranges[i] = {storage.data + static_cast<int64_t>(b[1]), static_cast<int64_t>(b[2])};
    }
    ProgramStep step = {w + 3 + 3 * buffers, numbers, ranges, buffers, -1, nullptr};
    if (!steps.run(steps.entries, static_cast<int>(w[0]), &step)) {
      return {at, "an instruction of the program is no step"};
    }
    if (step.error != nullptr || step.result != -1) return {at, step.error};
    at = next;
  }
  return {-1, nullptr};
}

}  // namespace gradtape
