#include "runtime/memory/scratch.h"

#include <stddef.h>

#include <new>

#include "runtime/memory/pages.h"

namespace gradtape {

namespace {

constexpr std::align_val_t kAlign{64};

struct Scratch {
  void* data = nullptr;
  int64_t bytes = 0;
  ~Scratch() { release(); }
  void release() {
    if (data != nullptr) ::operator delete(data, kAlign);
    data = nullptr;
    bytes = 0;
  }
};

thread_local Scratch scratches[kScratchSlots];

}  // namespace

void* thread_scratch(int64_t bytes, int slot) {
  Scratch& scratch = scratches[slot];
  if (bytes > scratch.bytes) {
    scratch.release();
    scratch.data = ::operator new(static_cast<size_t>(bytes), kAlign, std::nothrow);
    if (scratch.data != nullptr) scratch.bytes = bytes;
    // Not for smaller ones: each thread has its own scratch memory and would occupy a whole huge page.
    if (bytes >= kHugePage) ask_for_huge_pages(scratch.data, bytes);
  }
  return scratch.data;
}

}  // namespace gradtape
