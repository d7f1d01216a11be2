// Shared by the algorithms for convolutions: the addresses of pixels, and memory for a call.
#pragma once
#include <stddef.h>

#include "runtime/conv/conv.h"

namespace gradtape {

/// Memory for one call, 64-byte aligned; null where it could not be had. A little lies on the stack: small
/// calls would take longer to find memory than to compute.
class Temporary {
 public:
  explicit Temporary(int64_t bytes) : data_(bytes >= 0 && bytes <= kOwn ? own_ : allocate(bytes)) {}
  ~Temporary() {
    if (data_ != own_ && data_ != nullptr) release(data_);
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }
  bool failed() const { return data_ == nullptr; }

 private:
  static constexpr int64_t kOwn = 4096;
  static void* allocate(int64_t bytes);
  static void release(void* data);

  alignas(64) char own_[kOwn];  // not cleared
  void* data_;
};

/// Runs of pixels along a row of the result.
struct PixelRun {
  int64_t batch, z, y, x;  // of the first
  int64_t length;
};
/// Takes the pixels [first, first + count) of [batch, size…] row by row.
class PixelRuns {
 public:
  PixelRuns(const int64_t* size, int64_t first, int64_t count);
  /// False at the end.
  bool next(PixelRun* run);

 private:
  const int64_t* size_;
  int64_t rest_;
  int64_t at_[4];
};

/// A result's pixels, and what each reads: at tap t the element q·step + offset[t] of the input in each
/// dimension of space.
struct PixelMap {
  int64_t batch, size[3];
  int64_t out_first = 0, out_batch, out_pitch[3];  // in elements
  int64_t in_batch, in_pitch[3];
  int64_t in_size[3];
  int64_t step[3];
  int64_t taps;
  const int64_t (*offset)[3];
  int64_t element;  // bytes

  int64_t pixels() const { return batch * size[0] * size[1] * size[2]; }
  /// The pixels of a run that tap t reads inside the input, as [*from, *to) of 0 … run.length; false if none.
  /// *at = the element that the first of them reads.
  bool inside(const PixelRun& run, int64_t t, int64_t* from, int64_t* to, int64_t* at) const;
  /// a[t · count + i] and c[i]: where pixel first + i reads at tap t, `zeros` outside, and where it lies.
  void point(int64_t first, int64_t count, const void* in, const void* zeros, void* out, const void** a,
             void** c) const;
};

class SmallConv;
/// The parts' entries; see conv.cc. If `small` is set, only the plan is recorded there.
bool run_conv_filter(const ConvKernels& kernels, const ConvCall& call, SmallConv* small);
/// x with zeros around, so that no tap is outside: out must hold the elements of `padded_size`.
void pad_input(const ConvShape& shape, const int64_t* extent, const void* x, void* out);
/// The columns [left, right) of a row of that which come from x.
struct PaddedColumns {
  int64_t left, right;
  PaddedColumns(const ConvShape& shape, const int64_t* extent);
};
/// The rows, columns … that the taps of all pixels reach over.
void padded_extent(const ConvShape& shape, int64_t* extent);
/// Whether the taps along the last dimension are better taken as one with more channels.
bool merges_taps(const ConvShape& shape);
/// Whether no tap lies outside x.
bool stays_inside(const ConvShape& shape);

inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }
inline const void* bytes_at(const void* p, int64_t bytes) { return static_cast<const char*>(p) + bytes; }
inline void* bytes_at(void* p, int64_t bytes) { return static_cast<char*>(p) + bytes; }

/// Multiply-adds that pay for a second thread.
inline constexpr int64_t kConvGrain = 200'000;

/// Whether scalar products along the channels are faster than tiles as wide as a register.
inline bool few_columns(const ConvKernels& kernels, int64_t columns, int64_t depth) {
  return columns <= kernels.few_columns && depth >= kernels.lanes;
}

}  // namespace gradtape
