// Convolutions by tap pointers: sums over taps for every pixel of a map; small calls reuse the pointers that
// were computed for their shape.
#pragma once
#include "runtime/conv/conv_map.h"

namespace gradtape {

/// The weights that pixels are multiplied by, and the results.
struct TapProduct {
  const ConvKernels* kernels;
  int64_t groups, depth;  // channels that each tap sums over, in each group
  int64_t step = 1;       // elements from one term of a run to the next, in what is multiplied
  int64_t columns;        // of each group
  int64_t element;        // bytes
  const void* weights;
  int64_t weights_row = 0, weights_group;  // elements
  bool packed;
  int64_t packed_rows = 0;
  bool dots;  // the weights of each column are contiguous, the columns weights_row elements apart
  Epilogue epilogue = {};

  /// m pixels by their pointers; `ends`: where parts of the runs end, each of which is summed by itself.
  void run(const void* const* a, void* const* c, int64_t m, const TapRun* runs, const int64_t* ends,
           int64_t parts) const;
};

/// One sum over taps for every pixel of a map.
struct TapSum : TapProduct {
  PixelMap map;
  const int64_t* tap_row;  // where the weights of each tap begin, in rows
  const void* in;
  void* out;

  bool run() const;
  /// Terms of a run.
  int64_t piece() const { return least(depth, kernels->depth); }
  int64_t run_count() const { return map.taps == 0 ? 0 : map.taps * ((depth + piece() - 1) / piece()); }
  /// Writes so many runs, and the ends of parts of about kernels->depth terms: at most two more. Returns how
  /// many parts there are.
  int64_t make_runs(TapRun* runs, int64_t* ends) const;
};

/// The plan of a small convolution, or of one of its gradients. Finding out which tap reads which pixel takes
/// several times as long as the sums, so each thread caches the plans of its last shapes.
class SmallConv {
 public:
  /// At most, over all sums.
  static constexpr int kPlaces = 512, kRuns = 64;

  /// The cached plan of such a call, or null. Its `run` gives the bits of the call.
  static const SmallConv* find(const KernelTable& table, const ConvCall& call);
  /// A new plan in place of the oldest; null if the call is too large. `add` records all its sums; `done`
  /// returns whether it can be kept.
  static SmallConv* begin(const KernelTable& table, const ConvCall& call);
  void add(const TapSum& sum);
  /// Of a filter's gradient: sums over runs of pixels for m rows of the result. a[run · m + row] is where a
  /// row begins in x, c[row] where it lies in the result, both in bytes.
  void add(const TapProduct& product, const TapRun* runs, int64_t count, const int64_t* a, const int64_t* c,
           int64_t m);
  /// What is multiplied is x with zeros around, as `pad_input` gives it.
  void pad(const ConvShape& shape, const int64_t* extent);
  bool done();

  void run(const ConvCall& call) const;

 private:
  static constexpr int kKept = 16;
  static constexpr int kSums = 16, kEnds = kRuns + 2 * kSums;
  static constexpr int kPadRows = 64;
  static constexpr int64_t kZeroBytes = 4096, kWeightBytes = 4096, kPadBytes = 4096;
  static const char kZeros[kZeroBytes];
  struct Kept {
    SmallConv* list = nullptr;
    int oldest = 0, last = 0;  // `last`: the one found last
    ~Kept() { delete[] list; }
  };
  static thread_local Kept t_kept;

  /// How the weights are read: the filter as it is, the terms of each column side by side, or the columns of
  /// each term, where the filter has them by output channels.
  enum class Weights { kPlain, kTerms, kColumns };
  void write_weights(const void* filter, void* to) const;
  void write_padded(const void* x, void* to) const;

  struct Sum {
    int pixels, taps, parts;
    int places, runs, ends, outside, outside_count;  // where they begin
  };

  bool ready_ = false;
  const KernelTable* table_;
  ConvKind kind_;
  ConvPrecision precision_;
  ConvShape shape_;
  bool fits_;
  Weights weights_;
  TapProduct product_;
  int sum_count_, place_count_, run_count_, end_count_, outside_count_;
  Sum sums_[kSums];
  // In bytes: what taps read, then where results lie. As wide as pointers, so that these are sums of vectors.
  int64_t places_[kPlaces];
  int16_t outside_[kPlaces];  // the places, within those of their sum, that read zeros instead
  // Of x with zeros around: all its bytes, or 0; those of a row of x, and where each such row lies.
  int64_t pad_bytes_, pad_row_;
  int pad_count_;
  struct PadRow {
    int32_t from, to;
  } pad_rows_[kPadRows];
  TapRun runs_[kRuns];
  int64_t ends_[kEnds];
};

}  // namespace gradtape
