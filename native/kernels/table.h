// The contract between the runtime and the kernels: one table of function pointers per instruction set.
// Kernels work on contiguous runs: pointers, strides where a family needs them, and lengths; never tensors.
// They are noexcept, allocate nothing and know no threads.
#pragma once
#include "dtypes.h"

namespace gradtape {

/// y[i] = f(x[i]), i < n. x == y is allowed.
using UnaryFn = void (*)(const void* x, void* y, int64_t n) noexcept;
/// y[i] = f(a[i], b[i]); in the scalar forms the one operand is a single element. y may equal a or b.
using BinaryFn = void (*)(const void* a, const void* b, void* y, int64_t n) noexcept;

/// How the operands of a binary run advance.
enum BinaryMode { kVecVec = 0, kScalarVec = 1, kVecScalar = 2, kBinaryModes = 3 };

/// A function that does a step of a chain to a block of elements in registers; its arguments are the kernels'
/// own affair (chain.h).
using LinkFn = void (*)();
struct ChainLink {
  LinkFn fn;
  char* p;          // its operand, or where it writes to
  int64_t advance;  // −1: that goes along with the elements; 0: it stays where it is
};
/// What stands where in a link of two operands: the elements in registers (kept), others from memory, or one.
enum LinkForm { kKeptVec = 0, kVecKept, kKeptScalar, kScalarKept, kLinkForms };

/// One row per op. A null function means that the op does not exist for that dtype.
struct UnaryEntry {
  const char* name;
  ByDType<UnaryFn> fn;
  bool to_bool;                        // the result is bool, whatever the input
  ByDType<uint8_t> cost;               // time per element, in that of one that only passes through memory
  LinkFn (*link)(int dtype) noexcept;  // null where there is none
};
/// A binary op of one dtype, by the mode.
struct BinaryFns {
  BinaryFn of[kBinaryModes];
  constexpr __attribute__((always_inline)) BinaryFn operator[](int mode) const { return of[mode]; }
};
struct BinaryEntry {
  const char* name;
  ByDType<BinaryFns> fn;
  bool to_bool;
  ByDType<uint8_t> cost;
  LinkFn (*link)(int dtype, int form) noexcept;
};

/// y[r] = the reduction of the n elements at x + r * stride, r < rows; n == 0 gives the identity. Sums are
/// blocked so that their error stays small up to kReduceRowChunk elements; callers combine longer rows from
/// chunks.
using ReduceRowsFn = void (*)(const void* x, void* y, int64_t rows, int64_t n, int64_t stride) noexcept;
/// y[i] = the reduction of x[r * stride + i] over r < n, i < width; as accurate up to kReduceColChunk rows.
using ReduceColsFn = void (*)(const void* x, void* y, int64_t n, int64_t stride, int64_t width) noexcept;
inline constexpr int64_t kReduceRowChunk = 65536;
inline constexpr int64_t kReduceColChunk = 8192;

/// A reduction as a link, which gives what ReduceRowsFn gives of up to kReduceLinkMost elements. Its state
/// has a chain's block of bytes and a vector.
struct ReduceLinks {
  LinkFn (*link)(bool whole) noexcept;  // of a whole block, or of its first elements: `advance` says how many
  void (*begin)(void* state) noexcept;
  void (*end)(const void* state, void* y) noexcept;
};
inline constexpr int64_t kReduceLinkMost = 4096;

struct ReduceEntry {
  const char* name;
  ByDType<ReduceRowsFn> rows;
  ByDType<ReduceColsFn> cols;
  /// What rows and cols write: for dtypes that are computed with in another type that may be its dtype, so
  /// that partial results are rounded once, when all are combined.
  ByDType<DType> partial;
  int out_dtype;                      // -1: that of the input
  int then;                           // the op that combines partial results
  bool mean;                          // divide by the number of elements at the end
  ByDType<const ReduceLinks*> links;  // null where there are none
};

/// y[r] = position of the first extreme element of the n elements at x + r * n; NaN is skipped.
using ArgRowsFn = void (*)(const void* x, int32_t* y, int64_t rows, int64_t n) noexcept;
/// The same over r of x[r * stride + i], i < width.
using ArgColsFn = void (*)(const void* x, int32_t* y, int64_t n, int64_t stride, int64_t width) noexcept;
struct ArgReduceEntry {
  const char* name;
  ByDType<ArgRowsFn> rows;
  ByDType<ArgColsFn> cols;
};

/// Running sums or products down n rows of `width` elements, `stride` apart, in x and y alike.
using ScanFn = void (*)(const void* x, void* y, int64_t n, int64_t stride, int64_t width, bool exclusive,
                        bool reverse) noexcept;
/// The same along each of `rows` rows of n consecutive elements.
using ScanRowsFn = void (*)(const void* x, void* y, int64_t rows, int64_t n, bool exclusive,
                            bool reverse) noexcept;
struct ScanEntry {
  const char* name;
  ByDType<ScanFn> fn;
  ByDType<ScanRowsFn> rows;
};

/// The linear recurrence h = a · (the h before) + b along n rows, laid out as for ScanFn. Where it stands at
/// row r, with c = 0 at first: y = b + c, then c = a · y; exclusive: y = c, then c = a · c + b.
using RecurrenceFn = void (*)(const void* a, const void* b, void* y, int64_t n, int64_t stride, int64_t width,
                              bool exclusive, bool reverse) noexcept;

/// State of a Philox4x32-10 generator, and what integer distributions draw from: lo + (bits mod range).
struct RandomArgs {
  uint32_t key[2];
  uint32_t counter[4];
  int64_t lo;
  uint64_t range;
};
/// Writes elements [begin, end) of n of the sequence that `args` starts to y[begin..end); begin is a multiple
/// of kRandomGroup. Element i depends on args and i alone.
using RandomFn = void (*)(const RandomArgs& args, void* y, int64_t begin, int64_t end) noexcept;
inline constexpr int64_t kRandomGroup = 64;
struct RandomEntry {
  const char* name;
  ByDType<RandomFn> fn;
};

/// What chains are made of but for the ops: a chain begins with a load and ends with `end`.
struct ChainKernels {
  int64_t block_bytes;  // of a block of elements
  LinkFn load, load_scalar, store, end;
  /// Carries out a chain for the blocks at bytes from, from + block_bytes, … below `to`.
  void (*run)(const ChainLink* links, int64_t from, int64_t to) noexcept;
};

/// y[i] = convert(x[i]).
using CastFn = void (*)(const void* x, void* y, int64_t n) noexcept;
/// y[i] = c[i] ? a[i] : b[i] over elements of one size; the mode says which operands are a single element.
using SelectFn = void (*)(const void* c, const void* a, const void* b, void* y, int64_t n) noexcept;
/// y[i] = *pattern, one element.
using FillFn = void (*)(const void* pattern, void* y, int64_t n) noexcept;
/// y[i] = start + (first + i)·delta. start and delta are doubles for float types and int64 for integer types.
using IotaFn = void (*)(const void* start, const void* delta, int64_t first, void* y, int64_t n) noexcept;
/// The least i with x[i] of the kind looked for, or −1.
using FindFn = int64_t (*)(const void* x, int64_t n) noexcept;

/// Bits of a select mode: that operand is a single element.
enum SelectMode { kScalarB = 1, kScalarA = 2, kScalarCond = 4, kSelectModes = 8 };
/// Families without arithmetic know elements by their size alone: 1, 2, 4, 8 or 16 bytes.
inline constexpr int kSizes = 5;
/// The logarithm of such a size; else −1.
constexpr __attribute__((always_inline)) inline int size_index(int64_t size) {
  return size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : size == 8 ? 3 : size == 16 ? 4 : -1;
}
/// What a find looks for.
enum FindKind { kFindZero = 0, kFindNegative = 1, kFindKinds = 2 };

/// Copies inside two dimensions, for elements of one size. Steps and rows are in elements and may be 0 or
/// negative on the source's side.
struct CopyEntry {
  /// dst[i * dst_row + j * dst_step] = src[i * src_row + j * src_step], i < rows, j < n.
  void (*plane)(const void* src, int64_t src_row, int64_t src_step, void* dst, int64_t dst_row,
                int64_t dst_step, int64_t rows, int64_t n) noexcept;
};

/// Rows found by number. All numbers have been checked.
struct RowsEntry {
  /// dst row i = src row rows[i], rows of row_bytes bytes, i < n.
  void (*gather)(const void* src, int64_t row_bytes, const int64_t* rows, int64_t n, void* dst) noexcept;
  /// How many of n bytes are not 0.
  int64_t (*count)(const uint8_t* mask, int64_t n) noexcept;
  /// Writes base + i for each mask[i] ≠ 0, in order; returns how many. `out` has room for n.
  int64_t (*positions)(const uint8_t* mask, int64_t n, int64_t base, int64_t* out) noexcept;
};

/// dst[rows[i] * dst_row + j] = f(dst[…], updates[from[i] * update_row + j * update_step]), j < columns, in
/// the order of i; from[i] is i where there is no `from`.
using ScatterFn = void (*)(void* dst, int64_t dst_row, const int64_t* rows, const int64_t* from, int64_t n,
                           const void* updates, int64_t update_row, int64_t update_step,
                           int64_t columns) noexcept;
struct ScatterEntry {
  const char* name;
  ByDType<ScatterFn> fn;
  bool divides;  // an integer update of 0 is an error
};

/// What becomes of the sums of a product or a convolution: c = activation(c + bias + residual), each part
/// there or not.
struct Finish {
  const void* bias;  // one element for each column, or null
  bool adds;         // the residual, which is laid out as c
  int64_t residual;  // and lies so many bytes from it
  UnaryFn activation;
  bool relu;  // in place of an activation: done while the sums are in registers

  bool any() const { return bias != nullptr || adds || activation != nullptr || relu; }
  /// Of the columns from one on.
  Finish from(int64_t bytes) const {
    Finish f = *this;
    if (bias != nullptr) f.bias = static_cast<const char*>(bias) + bytes;
    return f;
  }
};
/// How far the residual is from c.
inline int64_t bytes_between(const void* c, const void* residual) {
  return static_cast<int64_t>(reinterpret_cast<intptr_t>(residual) - reinterpret_cast<intptr_t>(c));
}

/// One thread's part of a matrix product: C[m, n] = A·B, or += with `accumulate`, over all of k (≥ 1).
/// Strides are in elements; C's columns are contiguous.
struct MatmulBlock {
  const void* a;
  int64_t a_row, a_col;
  const void* b;
  int64_t b_row, b_col;
  void* c;
  int64_t c_row;
  int64_t m, n, k;
  bool accumulate;
  bool packed;           // b is what `pack` wrote
  const Finish* finish;  // of this block of c, or null
};
struct MatmulKernels {
  int lanes;
  int panel;            // columns of a full panel
  int tile_rows;        // rows of the tile for full panels
  int whole_depth;      // up to here k is walked in one go, so that C is touched once,
  int depth;            // else in blocks of this many,
  int many_rows_depth;  // or of this many for at least pack_rows rows
  int rate;             // multiply-adds in a nanosecond, about
  int pack_bytes;       // B is worth packing where it is larger,
  int pack_rows;        // and C has as many rows
  int copy_columns;     // blocks of a transposed A are worth copying where C has as many columns
  // Cᵀ = Bᵀ·Aᵀ is worth its transposes up to so many columns of C, where k is at least turn_depth: with A
  // transposed already, and where A must be copied for it (there k is at least 32 in any case).
  int turn_columns, turn_copied_columns, turn_depth;
  /// In register tiles. B's columns are contiguous (b_col = 1) or packed.
  void (*block)(const MatmulBlock& block) noexcept;
  /// As scalar products along k: a_col = 1 and b_row = 1. For few rows or few columns.
  void (*dots)(const MatmulBlock& block) noexcept;
  /// c = activation(c + bias + residual), for columns that `block` and `dots` have not finished themselves.
  void (*finish)(const Finish& finish, void* c, int64_t c_row, int64_t rows, int64_t columns) noexcept;
  /// Writes k×n elements of B as panels, padded to a multiple of `lanes` columns.
  void (*pack)(const void* b, int64_t b_row, int64_t b_col, int64_t k, int64_t n, void* packed) noexcept;
  /// c[j * c_row + i] = x[i * x_row + j], or += , i < rows, j < columns, and finished if `finish` is there.
  void (*turn)(const void* x, int64_t x_row, int64_t rows, int64_t columns, void* c, int64_t c_row,
               bool accumulate, const Finish* finish) noexcept;
};

/// A run of terms of a TapBlock: k products, the left operand from element `shift` of slot `slot`, the right
/// one from row `row`.
struct TapRun {
  int64_t slot, shift, row, k;
};
/// One thread's part of a convolution: C[i, j] = Σ over runs, Σ over t < k of a[slot][i][shift + t·a_step] ·
/// B[row + t, j], or += with `accumulate`; i < m, j < n. Each row of the left operand is a pointer for each
/// slot, and each row of C is one: where they point to makes strides, dilations and borders.
struct TapBlock {
  const void* const* a;  // a[slot * a_stride + i]
  int64_t a_stride;
  int64_t a_step, a_first;  // elements; a_first is added to all pointers of a
  const TapRun* runs;
  int64_t count;  // of runs; none gives zeros
  const void* b;
  int64_t b_row;
  void* const* c;
  int64_t c_first;  // elements, added to all pointers of c
  int64_t m, n;
  bool accumulate;
  bool packed;           // b is what `pack` wrote,
  int64_t packed_rows;   // from so many rows
  const Finish* finish;  // of all columns from c_first on, or null
};
/// A row of results that all have the same terms: C[i, j] = Σ over t of a[i · a_row + offset[t]] ·
/// B[t, j]; i < m, j < n. Strides are in elements, offsets in bytes.
struct TermRow {
  const void* a;
  int64_t a_row;
  const int64_t* offset;
  int64_t terms;
  const void* b;
  int64_t b_row;
  void* c;
  int64_t c_row;
  int64_t m, n;
  const Finish* finish;  // or null
};
/// float32 and float64.
struct ConvKernels {
  int lanes;
  int panel;        // columns of a full panel
  int tile_rows;    // rows of the tile for full panels
  int depth;        // terms to sum in one go
  int pack_bytes;   // B is worth packing where it is larger
  int few_columns;  // up to here `dots` is faster, if runs have many terms
  void (*taps)(const TapBlock& block) noexcept;
  /// The same with column j of B at b + j · b_row, its terms contiguous, and a_step = 1.
  void (*dots)(const TapBlock& block) noexcept;
  void (*row)(const TermRow& row) noexcept;
  /// Writes k×n elements of B as the rows from `row` on of panels of `rows` rows each, padded to a multiple
  /// of `lanes` columns.
  void (*pack)(const void* b, int64_t b_row, int64_t b_col, int64_t k, int64_t n, void* packed, int64_t row,
               int64_t rows) noexcept;
  /// y[i] += x[i].
  void (*add)(const void* x, void* y, int64_t n) noexcept;
};

/// Transforms of Winograd's convolution with filters of 3×3; tiles are N×N of the input for (N − 2)×(N − 2)
/// of the result. Planes are the N² numbers of a tile, so many elements apart.
struct WinogradKernels {
  int tile;  // N
  /// One tile of x, its rows and columns so many elements apart.
  void (*input)(const void* x, int64_t row, int64_t column, int64_t channels, void* v,
                int64_t plane) noexcept;
  /// n weights, tap t of each at w + t * tap.
  void (*filter)(const void* w, int64_t tap, int64_t n, void* u, int64_t plane) noexcept;
  /// The first rows × columns of a tile of the result, finished if `finish` is there.
  void (*output)(const void* m, int64_t plane, int64_t channels, void* y, int64_t row, int64_t column,
                 int64_t rows, int64_t columns, const Finish* finish) noexcept;
  /// For the filter's gradient: what one tile of dy is to those of x that `input` made.
  void (*gradient)(const void* dy, int64_t row, int64_t column, int64_t channels, void* d,
                   int64_t plane) noexcept;
  /// The gradient of n weights, or += , from the sums of the products of both.
  void (*weights)(const void* m, int64_t plane, int64_t n, void* w, int64_t tap, bool accumulate) noexcept;
};

/// Along `rows` rows of `cols` ≥ 1 contiguous elements; float32 and float64.
struct SoftmaxKernels {
  void (*softmax)(const void* x, void* y, int64_t rows, int64_t cols) noexcept;
  void (*log_softmax)(const void* x, void* y, int64_t rows, int64_t cols) noexcept;
  /// y[r] = log Σ exp(x) over a row; −∞ where all are −∞, ∞ where one is ∞ and none NaN.
  void (*log_sum_exp)(const void* x, void* y, int64_t rows, int64_t cols) noexcept;
  /// dx = (dy − Σ dy·y)·y.
  void (*softmax_gradient)(const void* dy, const void* y, void* dx, int64_t rows, int64_t cols) noexcept;
  /// dx = dy − eʸ·Σ dy.
  void (*log_softmax_gradient)(const void* dy, const void* y, void* dx, int64_t rows, int64_t cols) noexcept;
  /// loss[r] = −Σ labels·logSoftmax(logits), backprop = softmax(logits) − labels unless it is null.
  void (*cross_entropy)(const void* logits, const void* labels, void* loss, void* backprop, int64_t rows,
                        int64_t cols) noexcept;
  /// The same with the number of the one label per row, checked before; int32 and int64.
  void (*sparse_cross_entropy[2])(const void* logits, const void* labels, void* loss, void* backprop,
                                  int64_t rows, int64_t cols) noexcept;
};

/// A pivot this many variances (its distance from the mean, squared) away costs too many digits.
inline constexpr double kPivotFar = 4;

/// Normalisation; float32 and float64. Along rows of n ≥ 1 contiguous elements, or down columns `width` wide.
struct NormKernels {
  /// y = (x − mean)·rstd·scale + shift, with mean and 1/√(variance + epsilon) of each row; scale and shift
  /// (n elements) may be null.
  void (*layer_norm)(const void* x, const void* scale, const void* shift, void* y, void* mean, void* rstd,
                     int64_t rows, int64_t n, double epsilon) noexcept;
  /// dx, and the sums over these rows (at least one) for dscale and dshift.
  void (*layer_norm_gradient)(const void* dy, const void* x, const void* scale, const void* mean,
                              const void* rstd, void* dx, void* dscale, void* dshift, int64_t rows,
                              int64_t n) noexcept;
  /// Σ (x − pivot) and Σ (x − pivot)² of each column; for up to some thousand rows.
  void (*column_moments)(const void* x, const void* pivot, int64_t rows, int64_t width, void* sums,
                         void* squares) noexcept;
  /// Σ dy and Σ dy·(x − mean).
  void (*column_products)(const void* dy, const void* x, const void* mean, int64_t rows, int64_t width,
                          void* sums, void* products) noexcept;
  /// y = (x − mean)·a + b.
  void (*column_scale)(const void* x, const void* mean, const void* a, const void* b, void* y, int64_t rows,
                       int64_t width) noexcept;
  /// dx = (dy − c − (x − mean)·b)·a.
  void (*column_gradient)(const void* dy, const void* x, const void* mean, const void* a, const void* b,
                          const void* c, void* dx, int64_t rows, int64_t width) noexcept;
};

/// Outputs of a sliding window, rows × count pixels of `channels` contiguous elements, that all have the same
/// taps. Output (r, i) reads x[r · x_row + i · x_step + Σ tₐ · x_tap[a]] for tₐ < taps[a], the axes from
/// depth to width; all strides are in elements.
struct WindowBlock {
  const void* x;
  void* y;
  int64_t x_row, x_step, y_row, y_step;
  int64_t rows, count, channels;
  int64_t taps[3], x_tap[3];
};

/// Depthwise convolution; float32 and float64. Weights of tap t are at w + Σ tₐ · w_tap[a], one a channel.
struct DepthwiseBlock : WindowBlock {
  void* w;
  int64_t w_tap[3];
};
struct DepthwiseKernels {
  /// y = Σ w·x over the taps.
  void (*forward)(const DepthwiseBlock& block) noexcept;
  /// w += Σ x·y over the outputs: y is read.
  void (*filter)(const DepthwiseBlock& block) noexcept;
  /// As that of MatmulKernels.
  void (*finish)(const Finish& finish, void* c, int64_t c_row, int64_t rows, int64_t columns) noexcept;
};

/// Pooling. g and dx have the layout of x.
struct PoolBlock : WindowBlock {
  const void* g;
  void* dx;
  double scale;
  bool fresh;  // dx is written, not added to
};
struct PoolKernels {
  /// y = max x; NaN where one is.
  void (*max)(const PoolBlock& block) noexcept;
  /// y = g where x is largest: at the first NaN, else at the first of the largest.
  void (*gather)(const PoolBlock& block) noexcept;
  /// dx += y there; the other taps get 0 where they are fresh. Floats only, as what follows.
  void (*scatter)(const PoolBlock& block) noexcept;
  /// y = scale · Σ x.
  void (*mean)(const PoolBlock& block) noexcept;
  /// dx += scale · y at all taps.
  void (*spread)(const PoolBlock& block) noexcept;
};

/// The weights and the optimizer's own state: read from `in`, written to `out`, which may be the same memory.
inline constexpr int kOptimizerStates = 4;
struct OptimizerRun {
  const void* gradient;
  const void* in[kOptimizerStates];
  void* out[kOptimizerStates];
  int64_t n;
  double numbers[4];
};
using OptimizerFn = void (*)(const OptimizerRun& run) noexcept;
struct OptimizerEntry {
  const char* name;
  int states;   // how many of in and out it has
  int numbers;  // and how many numbers
  ByDType<OptimizerFn> fn;
};

/// Sorting by radix: digits of at most this many bits.
inline constexpr int kSortBits = 11;
/// How many counts sort_low needs.
inline constexpr int64_t kSortCounts = 6 << kSortBits;
/// Sorting of items, which are unsigned keys, or such keys with the position of their element.
struct SortItems {
  int bytes;     // of an item
  int key_bits;  // that may differ
  /// items[i] = the key of x[i] and the position first + i.
  void (*make)(const void* x, void* items, int64_t first, int64_t n, bool descending) noexcept;
  /// y[i] = the value of items[i], or its position as int32.
  void (*take)(const void* items, void* y, int64_t n, bool descending) noexcept;
  /// The bits in which some key differs from that of the item `base`.
  uint64_t (*differing)(const void* items, int64_t n, const void* base) noexcept;
  /// counts[digit], of the digit of so many bits at `shift`.
  void (*count)(const void* items, int64_t n, int shift, int bits, uint32_t* counts) noexcept;
  /// Moves each item to to[places[its digit]++].
  void (*scatter)(const void* from, void* to, int64_t n, int shift, int bits, uint32_t* places) noexcept;
  /// Sorts items whose keys differ in the lowest `bits` bits alone, with as much spare memory; returns
  /// `items` or `spare`, where they are then.
  void* (*sort_low)(void* items, void* spare, int64_t n, int bits, uint32_t* counts) noexcept;
};
struct SortKernels {
  SortItems items[2];  // for values, for positions
  int pair_bytes;      // 0: the dtype has no order
  int ranked;          // rows up to this long are done at once:
  void (*rank_values)(const void* x, void* y, int64_t n, bool descending) noexcept;
  void (*rank_positions)(const void* x, int32_t* y, int64_t n, bool descending) noexcept;
  void (*rank_top)(const void* x, void* values, int32_t* indices, int64_t n, int64_t k) noexcept;
  /// Adds the n elements at x, the first of them at position `first`, to the `found` greatest of those
  /// before, at most k; how many there are then.
  int64_t (*top_run)(const void* x, int64_t first, int64_t n, int64_t k, void* pairs, int64_t found) noexcept;
  /// The same with the greatest of later elements.
  int64_t (*top_merge)(void* pairs, int64_t found, const void* more, int64_t count, int64_t k) noexcept;
  /// Values and positions of k pairs found in x.
  void (*top_take)(const void* x, const void* pairs, void* values, int32_t* indices, int64_t k) noexcept;
};

/// Loops that measure the machine: runtime and kernels have no other use for them.
struct MeasureKernels {
  int64_t operations;  // of one repeat of multiply_add
  float (*multiply_add)(int64_t repeats) noexcept;
  float (*read)(const float* x, int64_t n) noexcept;
  void (*write)(float* y, int64_t n) noexcept;
  void (*copy)(const float* x, float* y, int64_t n) noexcept;
  void (*add)(const float* x, const float* a, float* y, int64_t n) noexcept;
};

struct KernelTable {
  const char* isa;
  int vector_bytes;
  const UnaryEntry* unary;
  int unary_count;
  const BinaryEntry* binary;
  int binary_count;
  const ReduceEntry* reduce;
  int reduce_count;
  const ArgReduceEntry* argreduce;
  int argreduce_count;
  const ScanEntry* scan;
  int scan_count;
  ByDType<RecurrenceFn> recurrence;
  ByDType<ChainKernels> chain;  // functions null where there are no chains
  const RandomEntry* random;
  int random_count;
  ByDType<ByDType<CastFn>> cast;          // [from][to]
  SelectFn select[kSizes][kSelectModes];  // by size_index; null for sizes that no dtype has
  FillFn fill[kSizes];
  ByDType<IotaFn> iota;
  ByDType<FindFn> find[kFindKinds];
  const CopyEntry* copy;  // by size_index
  RowsEntry rows;
  const ScatterEntry* scatter;
  int scatter_count;
  ByDType<SortKernels> sort;
  // Functions are null where a family lacks the dtype.
  ByDType<SoftmaxKernels> softmax;
  const OptimizerEntry* optimizer;
  int optimizer_count;
  ByDType<NormKernels> norm;
  ByDType<DepthwiseKernels> depthwise;
  ByDType<PoolKernels> pooling;
  ByDType<MatmulKernels> matmul;
  ByDType<ConvKernels> conv;
  WinogradKernels winograd[2];  // F(2×2), F(4×4); float32
  MeasureKernels measure;
};

}  // namespace gradtape
