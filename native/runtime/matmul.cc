#include "matmul.h"

#include <atomic>

#include "pool.h"
#include "scratch.h"

namespace gradtape {

namespace {

constexpr int64_t kRowBlock = 192;      // rows of A that stay in L2 beside a panel of B
constexpr int64_t kColumnBlock = 2048;  // columns packed at a time
constexpr int64_t kGrain = 200'000;     // multiply-adds that pay for a second thread
constexpr int64_t kFewColumns = 8;      // up to here columns are done as scalar products …
constexpr int64_t kFewRows = 8;         // … and rows likewise, if B is transposed
constexpr int64_t kDotDepth = 32;       // where k is at least this

int64_t min(int64_t a, int64_t b) { return a < b ? a : b; }

const void* at(const void* p, int64_t bytes) { return static_cast<const char*>(p) + bytes; }
void* at(void* p, int64_t bytes) { return static_cast<char*>(p) + bytes; }

enum class Way {
  kBlock,   // tiles, B in place
  kPacked,  // tiles, B packed into panels
  kDots,    // scalar products along k; an operand that is not contiguous along k is copied first
};

/// One product, strides in elements.
struct Product {
  const MatmulKernels* kernels;
  Way way;
  int64_t size;
  int64_t m, n, k;
  int64_t a_row, a_col, b_row, b_col, c_row;
  bool accumulate;

  void choose() {
    const bool b_in_place = b_col == 1;
    const bool few_rows = m <= kFewRows, few_columns = n <= kFewColumns;
    if (k >= kDotDepth && (few_rows || a_col == 1) && (few_columns || b_row == 1) &&
        (few_rows || few_columns)) {
      way = Way::kDots;
    } else if (!b_in_place || (k * n * size > kernels->pack_bytes && m > 2 * kFewRows)) {
      way = Way::kPacked;
    } else {
      way = Way::kBlock;
    }
  }

  MatmulBlock part(const void* a, const void* b, void* c, int64_t row, int64_t rows, int64_t column,
                   int64_t columns) const {
    MatmulBlock block = {};
    block.a = at(a, row * a_row * size);
    block.b = at(b, column * b_col * size);
    block.c = at(c, (row * c_row + column) * size);
    block.a_row = a_row;
    block.a_col = a_col;
    block.b_row = b_row;
    block.b_col = b_col;
    block.c_row = c_row;
    block.m = rows;
    block.n = columns;
    block.k = k;
    block.accumulate = accumulate;
    return block;
  }

  /// Rows [row, row + rows) and columns [column, column + columns) of C, on the calling thread.
  bool run(const void* a, const void* b, void* c, int64_t row, int64_t rows, int64_t column,
           int64_t columns) const;
};

/// Copies `rows` lines of `k` elements, each contiguous in the copy.
template <class Bits>
void gather_lines(const void* from, int64_t line, int64_t step, int64_t lines, int64_t k, void* to) {
  const Bits* x = static_cast<const Bits*>(from);
  Bits* y = static_cast<Bits*>(to);
  for (int64_t i = 0; i < k; i++) {
    for (int64_t l = 0; l < lines; l++) y[l * k + i] = x[l * line + i * step];
  }
}
void gather(const void* from, int64_t line, int64_t step, int64_t lines, int64_t k, int64_t size, void* to) {
  if (size == 4) {
    gather_lines<uint32_t>(from, line, step, lines, k, to);
  } else {
    gather_lines<uint64_t>(from, line, step, lines, k, to);
  }
}

bool Product::run(const void* a, const void* b, void* c, int64_t row, int64_t rows, int64_t column,
                  int64_t columns) const {
  if (way == Way::kDots) {
    // An operand that is not contiguous along k has at most eight lines: choose() sees to it.
    MatmulBlock block = part(a, b, c, row, rows, column, columns);
    const bool copy_a = a_col != 1, copy_b = b_row != 1;
    const int64_t a_bytes = copy_a ? rows * k * size : 0;
    if (copy_a || copy_b) {
      void* copies = thread_scratch(a_bytes + (copy_b ? columns * k * size : 0));
      if (copies == nullptr) return false;
      if (copy_a) {
        gather(block.a, a_row, a_col, rows, k, size, copies);
        block.a = copies;
        block.a_row = k;
        block.a_col = 1;
      }
      if (copy_b) {
        gather(block.b, b_col, b_row, columns, k, size, at(copies, a_bytes));
        block.b = at(copies, a_bytes);
        block.b_col = k;
        block.b_row = 1;
      }
    }
    kernels->dots(block);
    return true;
  }
  const int64_t depth = k <= kernels->whole_depth ? k : kernels->depth;
  const bool packed = way == Way::kPacked;
  const int64_t width = packed ? min(columns, kColumnBlock) : columns;
  void* panels = nullptr;
  if (packed) {
    const int64_t lanes = kernels->lanes;
    panels = thread_scratch((width + lanes - 1) / lanes * lanes * depth * size);
    if (panels == nullptr) return false;
  }
  for (int64_t j = 0; j < columns; j += width) {
    for (int64_t d = 0; d < k; d += depth) {
      MatmulBlock block = part(a, b, c, row, rows, column + j, min(width, columns - j));
      block.k = min(depth, k - d);
      block.accumulate = accumulate || d > 0;
      block.a = at(block.a, d * a_col * size);
      block.b = at(block.b, d * b_row * size);
      if (packed) {
        kernels->pack(block.b, b_row, b_col, block.k, block.n, panels);
        block.b = panels;
        block.packed = true;
      }
      for (int64_t i = 0; i < rows; i += kRowBlock) {
        block.m = min(kRowBlock, rows - i);
        kernels->block(block);
        block.a = at(block.a, kRowBlock * a_row * size);
        block.c = at(block.c, kRowBlock * c_row * size);
      }
    }
  }
  return true;
}

/// One product on as many threads as pay: by columns where B is packed (each thread packs what it alone uses)
/// or where there are few rows, else by rows. Never along k.
bool run_split(const Product& p, const void* a, const void* b, void* c) {
  std::atomic<bool> ok{true};
  const int64_t tile = p.kernels->tile_rows, panel = p.kernels->panel;
  const bool by_columns = p.way == Way::kPacked ? p.n >= 2 * panel : p.m < 4 * tile && p.n > panel / 2;
  if (by_columns) {
    parallel_for(
        p.n, kGrain / (p.m * p.k) + 1,
        [&](int64_t begin, int64_t end) {
          if (!p.run(a, b, c, 0, p.m, begin, end - begin)) ok = false;
        },
        panel);
  } else {
    parallel_for(
        p.m, kGrain / (p.n * p.k) + 1,
        [&](int64_t begin, int64_t end) {
          if (!p.run(a, b, c, begin, end - begin, 0, p.n)) ok = false;
        },
        tile);
  }
  return ok;
}

void zero(void* p, int64_t bytes) {
  parallel_for(bytes, 1 << 20, [&](int64_t begin, int64_t end) {
    __builtin_memset(at(p, begin), 0, static_cast<size_t>(end - begin));
  });
}

}  // namespace

bool run_matmul(const MatmulKernels& kernels, const MatmulCall& call) {
  Product p = {};
  p.kernels = &kernels;
  p.size = dtype_size(call.dtype);
  p.m = call.m;
  p.n = call.n;
  p.k = call.k;
  p.a_row = call.transpose_a ? 1 : call.k;
  p.a_col = call.transpose_a ? call.m : 1;
  p.b_row = call.transpose_b ? 1 : call.n;
  p.b_col = call.transpose_b ? call.k : 1;
  p.c_row = call.n;
  p.accumulate = call.accumulate;
  int64_t batches = 1;
  bool a_dense = true, b_shared = true;  // A's matrices lie one after another; all products use the same B
  int64_t next = call.m * call.k;
  for (int d = call.batch_ndim - 1; d >= 0; d--) {
    batches *= call.batch_dims[d];
    if (call.batch_dims[d] != 1) {
      a_dense = a_dense && call.a_strides[d] == next;
      b_shared = b_shared && call.b_strides[d] == 0;
    }
    next *= call.batch_dims[d];
  }
  const int64_t count = p.m * p.n;
  if (batches == 0 || count == 0) return true;
  if (p.k == 0) {
    if (!p.accumulate) zero(call.c, batches * count * p.size);
    return true;
  }
  if (batches > 1 && a_dense && b_shared && !call.transpose_a) {  // one tall product
    p.m *= batches;
    batches = 1;
  }
  // A length-1 side makes a matrix a vector, contiguous either way.
  if (p.m == 1) p.a_row = p.k, p.a_col = 1;
  if (p.n == 1) p.b_row = 1, p.b_col = p.k;
  if (p.k == 1) {
    p.a_row = 1, p.a_col = p.m;
    p.b_row = p.n, p.b_col = 1;
  }
  const void* left = call.a;
  const void* right = call.b;
  const int64_t* left_strides = call.a_strides;
  const int64_t* right_strides = call.b_strides;
  if (p.n == 1 && p.a_row == 1 && p.a_col != 1) {  // Aᵀx = (xᵀA)ᵀ: along A's rows, not across them
    const int64_t m = p.m;
    p.n = m, p.m = 1, p.c_row = m;
    p.a_row = p.k, p.a_col = 1;
    p.b_row = m, p.b_col = 1;
    left = call.b, right = call.a;
    left_strides = call.b_strides, right_strides = call.a_strides;
  }
  p.choose();

  if (batches == 1) return run_split(p, left, right, call.c);
  const int64_t work = p.m * p.n * p.k;
  const bool over_batches = work < kGrain * 8 || batches >= 4 * num_threads();
  std::atomic<bool> ok{true};
  const auto range = [&](int64_t begin, int64_t end) {
    int64_t index[kMaxDims] = {};
    int64_t ao = 0, bo = 0;
    for (int64_t rest = begin, d = call.batch_ndim - 1; d >= 0; d--) {
      index[d] = rest % call.batch_dims[d];
      rest /= call.batch_dims[d];
      ao += index[d] * left_strides[d];
      bo += index[d] * right_strides[d];
    }
    for (int64_t i = begin; i < end; i++) {
      const void* a = at(left, ao * p.size);
      const void* b = at(right, bo * p.size);
      void* c = at(call.c, i * count * p.size);
      if (!(over_batches ? p.run(a, b, c, 0, p.m, 0, p.n) : run_split(p, a, b, c))) ok = false;
      for (int d = call.batch_ndim - 1; d >= 0; d--) {
        ao += left_strides[d];
        bo += right_strides[d];
        if (++index[d] < call.batch_dims[d]) break;
        ao -= index[d] * left_strides[d];
        bo -= index[d] * right_strides[d];
        index[d] = 0;
      }
    }
  };
  if (over_batches) {
    parallel_for(batches, kGrain / work + 1, range);
  } else {
    range(0, batches);
  }
  return ok;
}

}  // namespace gradtape
