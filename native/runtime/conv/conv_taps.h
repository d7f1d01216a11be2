// Direct convolution by indirection pointers: for every pixel of a map, the sum over its taps. Small calls
// reuse the plan that was computed for their shape.
#pragma once
#include "runtime/conv/conv_map.h"

namespace gradtape {

/// A product of pixels, given by pointers, and weights.
struct TapProduct {
  const ConvKernels* kernels;
  int64_t groups, depth;  // channels that each tap sums over, in each group
  int64_t step = 1;       // elements between consecutive terms of a run in the left operand
  int64_t columns;        // output channels of each group
  int64_t element;        // bytes
  const void* weights;
  int64_t weights_row = 0, weights_group;  // elements
  bool packed;
  int64_t packed_rows = 0;
  bool dots;  // the weights of each column are contiguous, the columns weights_row elements apart
  Epilogue epilogue = {};

  /// Computes m pixels from their pointers. `ends` are the ends of `parts` ranges of runs; a kernel call sums
  /// one range, and the following ones are added to its result.
  void run(const void* const* a, void* const* c, int64_t m, const TapRun* runs, const int64_t* ends,
           int64_t parts) const;
};

/// One sum over taps for every pixel of a map.
struct TapSum : TapProduct {
  PixelMap map;
  const int64_t* tap_row;  // the first row of each tap's weights
  const void* in;
  void* out;

  bool run() const;
  /// Maximum terms per run.
  int64_t run_terms() const { return least(depth, kernels->depth); }
  int64_t run_count() const {
    return map.taps == 0 ? 0 : map.taps * ((depth + run_terms() - 1) / run_terms());
  }
  /// Writes run_count() runs, and the ends of parts of about kernels->depth terms, of which there are at most
  /// run_count() + 2. Returns the number of parts.
  int64_t build_runs(TapRun* runs, int64_t* ends) const;
};

/// The plan of a small convolution, or of one of its gradients: the offsets that the pointers are made of.
/// Computing which tap reads which pixel takes several times as long as the sums, so each thread caches the
/// plans of its most recent shapes.
class SmallConv {
 public:
  /// Capacity of a plan, over all its sums.
  static constexpr int kMaxOffsets = 512, kMaxRuns = 64;

  /// The cached plan for the call's shape, or null. Its `run` gives bitwise the same result as the uncached
  /// path.
  static const SmallConv* find(const KernelTable& table, const ConvCall& call);
  /// Starts a new plan, which replaces the oldest one; null if the call is too large. `add` then records all
  /// its sums, and `done` returns whether the plan fits and is cached.
  static SmallConv* begin(const KernelTable& table, const ConvCall& call);
  void add(const TapSum& sum);
  /// For a filter gradient: sums over runs of pixels for m rows of the result. a[run · m + row] is the offset
  /// of a row in x, c[row] its offset in the result, both in bytes.
  void add(const TapProduct& product, const TapRun* runs, int64_t count, const int64_t* a, const int64_t* c,
           int64_t m);
  /// The left operand is x with zero padding, as `pad_input` writes it.
  void pad(const ConvShape& shape, const int64_t* extent);
  bool done();

  void run(const ConvCall& call) const;

 private:
  static constexpr int kCacheSize = 16;  // plans per thread
  static constexpr int kSums = 16, kEnds = kMaxRuns + 2 * kSums;
  static constexpr int kPadRows = 64;
  static constexpr int64_t kZeroBytes = 4096, kWeightBytes = 4096, kPadBytes = 4096;
  static const char kZeros[kZeroBytes];
  struct Cache {
    SmallConv* list = nullptr;
    int oldest = 0, last = 0;  // `last`: the plan used last
    ~Cache() { delete[] list; }
  };
  static thread_local Cache t_cache;

  /// The layout of the weights: the filter's own; each column's terms contiguous (kTerms); or each term's
  /// columns contiguous (kColumns, for an input gradient, where the filter has output channels contiguous).
  enum class Weights { kPlain, kTerms, kColumns };
  void write_weights(const void* filter, void* to) const;
  void write_padded(const void* x, void* to) const;

  struct Sum {
    int pixels, taps, parts;
    int offsets, runs, ends, outside;  // indices of the first of this sum's in the arrays below
    int outside_count;
  };

  bool ready_ = false;
  const KernelTable* table_;
  ConvKind kind_;
  ConvPrecision precision_;
  ConvShape shape_;
  bool fits_;
  Weights weights_;
  TapProduct product_;
  int sum_count_, offset_count_, run_count_, end_count_, outside_count_;
  Sum sums_[kSums];
  // Byte offsets of the pixels that taps read, then of the results. As wide as pointers, so that the
  // additions that make pointers of them are vectorized.
  int64_t offsets_[kMaxOffsets];
  int16_t outside_[kMaxOffsets];  // indices, among a sum's offsets, of the taps outside x, which read zeros
  // Zero padding: the size of the padded x in bytes, or 0 if it is not padded; the bytes copied per row of x;
  // and the byte offsets of each row in x and in the padded copy.
  int64_t pad_bytes_, pad_row_;
  int pad_count_;
  struct PadRow {
    int32_t from, to;
  } pad_rows_[kPadRows];
  TapRun runs_[kMaxRuns];
  int64_t ends_[kEnds];
};

}  // namespace gradtape
