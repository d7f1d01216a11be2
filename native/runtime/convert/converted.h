// Converts the operands of a call to a dtype that the family has kernels for, if it has none for theirs.
#pragma once
#include "kernels/table.h"

namespace gradtape {

/// The dtype whose kernels compare, sort and find extremes of a dtype's elements. The conversion preserves
/// the order: 1-byte integers become uint8, 2-byte ones int32, and 4- and 8-byte ones signed (the top bit of
/// unsigned ones is flipped).
int ordered_dtype(int dtype);
/// The dtype whose kernels sum products: integers of less than 4 bytes become int32, whose low bits are the
/// result.
int product_dtype(int dtype);

/// The operands of one call. Without a conversion they are used in place.
class Converted {
 public:
  Converted(int dtype, int to) : from_(dtype), to_(to) {}
  ~Converted();
  Converted(const Converted&) = delete;

  bool any() const { return from_ != to_; }
  /// The dtype of the kernels.
  int dtype() const { return to_; }
  int64_t size() const { return dtype_size(to_); }
  /// An operand of n elements that is read; null stays null.
  const void* in(const void* x, int64_t n) { return any() && x != nullptr ? copy(x, n, true) : x; }
  /// A result of n elements.
  void* out(void* y, int64_t n) { return any() && y != nullptr ? result(y, n, false) : y; }
  /// An operand of n elements that is read and written.
  void* in_out(void* y, int64_t n) { return any() && y != nullptr ? result(y, n, true) : y; }
  /// False if out of memory.
  bool ok() const { return ok_; }
  /// Writes the results back.
  void write_back();

 private:
  struct Copy {
    Copy* next;
    void* result;  // where the result goes, or null
    int64_t n;
    void* data() { return this + 1; }
  };
  void* copy(const void* x, int64_t n, bool reads);
  void* result(void* y, int64_t n, bool reads);
  void convert(int from, int to, const void* x, void* y, int64_t n) const;

  int from_, to_;
  bool ok_ = true;
  Copy* first_ = nullptr;  // the most recent one; a linked list
};

}  // namespace gradtape
