#include "runtime/matmul/matmul_plan.h"

namespace gradtape {

namespace {

constexpr int64_t kFewColumns = 8;  // up to this many columns, dot products are used,
constexpr int64_t kFewRows = 8;     // and up to this many rows, if B is transposed,
constexpr int64_t kDotDepth = 32;   // if k is at least this

// If C is too small to be split, k is: into at most kChunks, each long enough to outweigh the extra sums.
constexpr int64_t kChunks = 16;
constexpr int64_t kChunkDepth = 512;
constexpr int64_t kChunkedElements = 16384;
constexpr int64_t kFewUnits = 8;

// A weight with a small batch: each of two threads multiplies by half of B's rows, the same half whose
// gradient it computes and which it updates in a training step, so that these rows stay in its own cache.
// (784×128, batch 64: a step takes 2% less if the two caches are close to each other, 12% less if they are
// far apart; the product alone takes 3% more.)
constexpr int64_t kOwnedDepth = 512;
constexpr int64_t kOwnedFor = 8;  // if B has at least this many times as many rows as A

// Up to here the plan is obvious, and the cost model is skipped.
constexpr int64_t kSmallElements = 1024;
constexpr int64_t kSmallDepth = 64;

constexpr double kBytesPerNanosecond = 100;  // from L2 or L3, on one thread

int64_t min(int64_t a, int64_t b) { return a < b ? a : b; }
int64_t max(int64_t a, int64_t b) { return a > b ? a : b; }
int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

MatmulAlgorithm way_of(const MatmulKernels& kernels, const MatmulShape& s) {
  const bool few_rows = s.m <= kFewRows, few_columns = s.n <= kFewColumns;
  const bool dots = s.k >= kDotDepth && (few_rows || few_columns) && (few_rows || s.a_col == 1) &&
                    (few_columns || s.b_row == 1);
  // A row of C would be a short vector, and its tile limited by broadcasts of A: 64×128×10 takes 3.3 µs. With
  // the long columns it takes 1.6 µs, or 2.4 if A must be copied.
  if (s.m >= 32 && s.k >= kernels.transpose_depth && s.k <= kernels.whole_depth &&
      (s.a_col != 1 ? s.n <= kernels.transpose_columns
                    : s.n <= kernels.transpose_copied_columns && s.k >= kDotDepth) &&
      (s.k < 2 * kDotDepth || !dots)) {
    return MatmulAlgorithm::kTransposed;
  }
  if (dots) return MatmulAlgorithm::kDots;
  if (s.b_col != 1 || (s.k * s.n * s.size > kernels.pack_bytes && s.m >= kernels.pack_rows)) {
    return MatmulAlgorithm::kPacked;
  }
  return MatmulAlgorithm::kTiles;
}

/// The time of equal units of work on several threads, relative to one thread.
double share(int64_t units, int64_t threads) {
  return static_cast<double>(ceil_div(units, threads)) / static_cast<double>(units);
}

}  // namespace

double matmul_nanoseconds(const MatmulKernels& kernels, const MatmulShape& s) {
  const double m = static_cast<double>(s.m), n = static_cast<double>(s.n), k = static_cast<double>(s.k);
  const int64_t lanes = kernels.lanes;
  const double wide = s.n > kFewColumns ? static_cast<double>(ceil_div(s.n, lanes) * lanes) : n;
  const double work = m * wide * k / kernels.rate;
  const double memory = (m * k + k * n + m * n) * static_cast<double>(s.size) / kBytesPerNanosecond;
  return work > memory ? work : memory;
}

MatmulPlan plan_matmul(const MatmulKernels& kernels, const MatmulShape& s, int threads, bool alone) {
  MatmulPlan plan = {};
  plan.algorithm = way_of(kernels, s);
  if (s.m * s.n <= kSmallElements && s.k <= kSmallDepth) {  // not worth a division
    plan.chunk = plan.depth = s.k;
    plan.split = MatmulSplit::kRows;
    plan.align = 1;
    return plan;
  }
  const double time = matmul_nanoseconds(kernels, s);
  plan.grains = static_cast<int64_t>(time / static_cast<double>(kMatmulGrain));
  plan.chunk = s.k;

  const bool tiles = plan.algorithm == MatmulAlgorithm::kTiles || plan.algorithm == MatmulAlgorithm::kPacked;
  const int64_t row_units = ceil_div(s.m, kernels.tile_rows), column_units = ceil_div(s.n, kernels.panel);
  if (alone && plan.algorithm != MatmulAlgorithm::kTransposed && s.k >= 2 * kChunkDepth &&
      s.m * s.n <= kChunkedElements &&
      (max(row_units, column_units) < kFewUnits || (tiles && s.a_col != 1 && s.k >= 16 * max(s.m, s.n)))) {
    const int64_t chunks = min(min(kChunks, s.k / kChunkDepth), plan.grains / 2);
    if (chunks >= 2) {
      plan.chunk = ceil_div(ceil_div(s.k, chunks), 64) * 64;
      if (plan.chunk >= s.k) plan.chunk = s.k;
    }
  }
  // Packing B does not affect the result: the product with a transposed B has the same bits.
  const int64_t depth = s.m >= kernels.pack_rows ? kernels.many_rows_depth : kernels.depth;
  const int64_t blocks = plan.chunk <= kernels.whole_depth ? 1 : ceil_div(plan.chunk, depth);
  plan.depth = ceil_div(plan.chunk, blocks);
  const bool owned = alone && tiles && blocks <= 2 && s.m > kFewRows && plan.chunk == s.k && s.a_col == 1 &&
                     s.k >= kOwnedDepth && s.k >= kOwnedFor * s.m && s.m * s.n <= kChunkedElements;
  if (owned) plan.depth = ceil_div(ceil_div(s.k, 2), kernels.tile_rows) * kernels.tile_rows;
  plan.copy_rows = tiles && s.a_col != 1 && s.m >= 2 * kernels.tile_rows && s.n >= kernels.copy_columns;

  if (plan.algorithm == MatmulAlgorithm::kTransposed) {
    plan.split = MatmulSplit::kRows;
    plan.align = kernels.lanes;
    return plan;
  }
  if (plan.chunk < s.k) {
    plan.split = MatmulSplit::kDepth;
    plan.align = 1;
    return plan;
  }
  if (owned && threads == 2) {
    plan.split = MatmulSplit::kBlocks;
    plan.align = 1;
    return plan;
  }
  // Units that can be divided evenly among the threads, and full-size tiles if there are many units.
  const auto align = [&](int64_t units, int64_t whole, int64_t fine) {
    return units >= 8 * threads ? whole : fine;
  };
  const int64_t row_align = align(row_units, kernels.tile_rows, 1);
  const int64_t column_align = align(column_units, kernels.panel, kernels.lanes);
  double by_rows = share(ceil_div(s.m, row_align), threads);
  double by_columns = share(ceil_div(s.n, column_align), threads);
  // Each thread packs the part of B that it uses; tiles with fewer rows or columns are slower.
  if (plan.algorithm == MatmulAlgorithm::kPacked) by_rows += 3.0 / static_cast<double>(s.m);
  by_rows += row_units < 2 * threads ? 0.2 : 0.02;
  by_columns += column_units < threads ? 0.3 : 0.02;
  // A weight gradient reads B from a distant cache: splitting B among the threads is better.
  const bool less = plan.algorithm == MatmulAlgorithm::kPacked || (s.a_col != 1 && s.n > s.m);
  const bool columns = by_columns < by_rows || (by_columns == by_rows && less);
  plan.split = columns ? MatmulSplit::kColumns : MatmulSplit::kRows;
  plan.align = columns ? column_align : row_align;
  return plan;
}

}  // namespace gradtape
