// The ranges of bytes that a call writes, for calls that write many.
#pragma once
#include <stdint.h>

#include <algorithm>

namespace gradtape {

/// Whether two ranges of bytes have a byte in common. A null range is empty.
inline bool overlap(const void* a, int64_t a_bytes, const void* b, int64_t b_bytes) {
  const uintptr_t x = reinterpret_cast<uintptr_t>(a), y = reinterpret_cast<uintptr_t>(b);
  return a != nullptr && b != nullptr && x < y + static_cast<uintptr_t>(b_bytes) &&
         y < x + static_cast<uintptr_t>(a_bytes);
}

template <int kMost>
class WrittenRanges {
 public:
  /// Null ranges are ignored.
  void add(const void* p, int64_t bytes) {
    if (p == nullptr || bytes == 0) return;
    const uintptr_t begin = reinterpret_cast<uintptr_t>(p);
    // Tensors that were allocated together are in ascending order.
    if (count_ > 0 && begin < ranges_[count_ - 1].end) ordered_ = false;
    ranges_[count_++] = {begin, begin + static_cast<uintptr_t>(bytes)};
  }
  /// After all ranges were added: whether no two of them overlap.
  bool disjoint() {
    if (ordered_) return true;
    std::sort(ranges_, ranges_ + count_, [](const Bytes& a, const Bytes& b) { return a.begin < b.begin; });
    for (int i = 1; i < count_; i++) {
      if (ranges_[i].begin < ranges_[i - 1].end) return false;
    }
    return true;
  }
  /// After disjoint(): whether one of them overlaps these bytes.
  bool overlaps(const void* p, int64_t bytes) const {
    if (p == nullptr || bytes == 0) return false;
    const uintptr_t begin = reinterpret_cast<uintptr_t>(p), end = begin + static_cast<uintptr_t>(bytes);
    const Bytes* const next = std::upper_bound(ranges_, ranges_ + count_, begin,
                                               [](uintptr_t at, const Bytes& r) { return at < r.end; });
    return next != ranges_ + count_ && next->begin < end;
  }

 private:
  struct Bytes {
    uintptr_t begin, end;
  };
  int count_ = 0;
  bool ordered_ = true;
  Bytes ranges_[kMost];
};

}  // namespace gradtape
