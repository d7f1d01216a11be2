#include "runtime/matmul/matmul.h"

#include <atomic>

#include "runtime/matmul/matmul_plan.h"
#include "runtime/memory/scratch.h"
#include "runtime/parallel/pool.h"

namespace gradtape {

namespace {

constexpr int64_t kRowBlock = 192;            // rows of A that stay in L2 beside a panel of B
constexpr int64_t kRowDepth = 512;            // of this depth; half as many with a deeper one
constexpr int64_t kColumnBlock = 2048;        // columns packed at a time
constexpr int64_t kCopyRow = kRowBlock + 16;  // distance between copied columns of A: not a power of two
constexpr int kPartsSlot =
    1;  // slot of scratch memory for partial sums; the other one is for packed operands

int64_t min(int64_t a, int64_t b) { return a < b ? a : b; }

const void* at(const void* p, int64_t bytes) { return static_cast<const char*>(p) + bytes; }
void* at(void* p, int64_t bytes) { return static_cast<char*>(p) + bytes; }

/// The operands of one product.
struct Operands {
  const void* a;
  const void* b;
  void* c;
};

/// One product, or the same product for many operands.
struct Product : MatmulShape {
  const MatmulKernels* kernels;
  MatmulPlan plan;
  int64_t c_row;
  bool accumulate;
  Epilogue epilogue;

  MatmulBlock part(const Operands& x, int64_t row, int64_t rows, int64_t column, int64_t columns) const {
    MatmulBlock block = {};
    block.a = at(x.a, row * a_row * size);
    block.b = at(x.b, column * b_col * size);
    block.c = at(x.c, (row * c_row + column) * size);
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

  /// Computes rows [row, row + rows) and columns [column, column + columns) of C on the calling thread.
  bool run(const Operands& x, int64_t row, int64_t rows, int64_t column, int64_t columns) const;
  bool run_dots(const Operands& x, int64_t row, int64_t rows, int64_t column, int64_t columns) const;
  bool run_tiles(const Operands& x, int64_t row, int64_t rows, int64_t column, int64_t columns) const;
  bool run_transposed(const Operands& x, int64_t row, int64_t rows) const;
  /// Computes all of C, on as many threads as are worth it.
  bool run_split(const Operands& x) const;
  bool run_chunks(const Operands& x, int64_t length) const;
};

/// Copies `rows` vectors of `k` elements, each of which is contiguous in the copy.
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

bool Product::run(const Operands& x, int64_t row, int64_t rows, int64_t column, int64_t columns) const {
  if (plan.algorithm == MatmulAlgorithm::kDots) return run_dots(x, row, rows, column, columns);
  if (plan.algorithm == MatmulAlgorithm::kTransposed) return run_transposed(x, row, rows);
  return run_tiles(x, row, rows, column, columns);
}

bool Product::run_dots(const Operands& x, int64_t row, int64_t rows, int64_t column, int64_t columns) const {
  // The plan guarantees that an operand that is not contiguous along k has at most eight rows (or columns).
  MatmulBlock block = part(x, row, rows, column, columns);
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
  const Epilogue own = epilogue.from(column * size);
  if (epilogue.any()) block.epilogue = &own;
  kernels->dots(block);
  return true;
}

bool Product::run_tiles(const Operands& x, int64_t row, int64_t rows, int64_t column, int64_t columns) const {
  const int64_t depth = min(plan.depth, k);
  const int64_t row_block = depth > kRowDepth ? kRowBlock / 2 : kRowBlock;
  const bool packed = plan.algorithm == MatmulAlgorithm::kPacked;
  const int64_t width = packed ? min(columns, kColumnBlock) : columns;
  void* panels = nullptr;
  void* copy = nullptr;
  if (packed || plan.copy_rows) {
    const int64_t lanes = kernels->lanes;
    const int64_t panel_bytes = packed ? (width + lanes - 1) / lanes * lanes * depth * size : 0;
    panels = thread_scratch(panel_bytes + (plan.copy_rows ? kCopyRow * depth * size : 0));
    if (panels == nullptr) return false;
    copy = at(panels, panel_bytes);
  }
  for (int64_t j = 0; j < columns; j += width) {
    const Epilogue own = epilogue.from((column + j) * size);
    for (int64_t d = 0; d < k; d += depth) {
      MatmulBlock block = part(x, row, rows, column + j, min(width, columns - j));
      block.k = min(depth, k - d);
      block.accumulate = accumulate || d > 0;
      block.b = at(block.b, d * b_row * size);
      if (packed) {
        kernels->pack(block.b, b_row, b_col, block.k, block.n, panels);
        block.b = panels;
        block.packed = true;
      }
      const void* a = at(block.a, d * a_col * size);
      for (int64_t i = 0; i < rows; i += row_block) {
        block.m = min(row_block, rows - i);
        block.a = a;
        if (plan.copy_rows) {
          for (int64_t l = 0; l < block.k; l++) {
            __builtin_memcpy(at(copy, l * kCopyRow * size), at(a, l * a_col * size),
                             static_cast<size_t>(block.m * size));
          }
          block.a = copy;
          block.a_row = 1;
          block.a_col = kCopyRow;
        }
        if (d + block.k == k && own.any()) block.epilogue = &own;
        kernels->block(block);
        a = at(a, row_block * a_row * size);
        block.c = at(block.c, row_block * c_row * size);
      }
    }
  }
  return true;
}

/// Computes all columns of C, by way of Cᵀ = Bᵀ·Aᵀ.
bool Product::run_transposed(const Operands& x, int64_t row, int64_t rows) const {
  const int64_t lanes = kernels->lanes, width = (min(rows, kRowBlock) + lanes - 1) / lanes * lanes;
  const bool packed = a_col == 1;
  void* const transposed = thread_scratch((n + (packed ? k : 0)) * width * size);
  if (transposed == nullptr) return false;
  void* const panels = at(transposed, n * width * size);
  for (int64_t i = 0; i < rows; i += kRowBlock) {
    MatmulBlock block = part(x, row + i, min(kRowBlock, rows - i), 0, n);
    MatmulBlock other = {};
    other.a = block.b, other.a_row = b_col, other.a_col = b_row;
    other.b = block.a, other.b_row = a_col, other.b_col = a_row;
    other.c = transposed, other.c_row = width;
    other.m = n, other.n = block.m, other.k = k;
    if (packed) {
      kernels->pack(other.b, other.b_row, other.b_col, k, other.n, panels);
      other.b = panels;
      other.packed = true;
    }
    kernels->block(other);
    kernels->transpose(transposed, width, n, block.m, block.c, c_row, accumulate,
                       epilogue.any() ? &epilogue : nullptr);
  }
  return true;
}

bool Product::run_split(const Operands& x) const {
  if (plan.split == MatmulSplit::kDepth) return run_chunks(x, plan.chunk);
  if (plan.split == MatmulSplit::kBlocks) return run_chunks(x, plan.depth);
  std::atomic<bool> ok{true};
  const bool by_columns = plan.split == MatmulSplit::kColumns;
  parallel_for_grains(
      by_columns ? n : m, plan.grains,
      [&](int64_t begin, int64_t end) {
        const bool done = by_columns ? run(x, 0, m, begin, end - begin) : run(x, begin, end - begin, 0, n);
        if (!done) ok = false;
      },
      plan.align);
  return ok;
}

/// The first chunk of k is summed in C, the others in separate memory, which is added to C in order.
bool Product::run_chunks(const Operands& x, int64_t length) const {
  std::atomic<bool> ok{true};
  const int64_t chunks = (k + length - 1) / length, count = m * n;
  void* const parts = thread_scratch((chunks - 1) * count * size, kPartsSlot);
  if (parts == nullptr) return false;
  parallel_for_grains(chunks, plan.grains, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      Product chunk = *this;
      Operands y = {at(x.a, i * length * a_col * size), at(x.b, i * length * b_row * size), x.c};
      chunk.k = min(length, k - i * length);
      chunk.epilogue = {};
      if (i > 0) {
        y.c = at(parts, (i - 1) * count * size);
        chunk.c_row = n;
        chunk.accumulate = false;
      }
      if (!chunk.run(y, 0, m, 0, n)) ok = false;
    }
  });
  if (!ok) return false;
  for (int64_t i = 1; i < chunks; i++) {
    Epilogue sum = {};
    sum.adds = true;
    sum.residual = bytes_between(x.c, at(parts, (i - 1) * count * size));
    kernels->epilogue(sum, x.c, n, m, n);
  }
  if (epilogue.any()) kernels->epilogue(epilogue, x.c, n, m, n);
  return true;
}

void zero(void* p, int64_t bytes) {
  parallel_for(bytes, 1 << 20, [&](int64_t begin, int64_t end) {
    __builtin_memset(at(p, begin), 0, static_cast<size_t>(end - begin));
  });
}

/// Sets the shape of a call; returns the number of products.
int64_t lay_out(const MatmulKernels& kernels, const MatmulCall& call, Product* p) {
  p->kernels = &kernels;
  p->size = dtype_size(call.dtype);
  p->m = call.m;
  p->n = call.n;
  p->k = call.k;
  p->a_row = call.transpose_a ? 1 : call.k;
  p->a_col = call.transpose_a ? call.m : 1;
  p->b_row = call.transpose_b ? 1 : call.n;
  p->b_col = call.transpose_b ? call.k : 1;
  p->c_row = call.n;
  p->accumulate = call.accumulate;
  p->epilogue = call.epilogue;
  int64_t batches = 1;
  bool a_dense = true, b_shared = true;  // A's matrices are contiguous; all products use the same B
  int64_t next = call.m * call.k;
  for (int d = call.batch_ndim - 1; d >= 0; d--) {
    batches *= call.batch_dims[d];
    if (call.batch_dims[d] != 1) {
      a_dense = a_dense && call.a_strides[d] == next;
      b_shared = b_shared && call.b_strides[d] == 0;
    }
    next *= call.batch_dims[d];
  }
  if (batches > 1 && a_dense && b_shared && !call.transpose_a) {  // as one tall product
    p->m *= batches;
    batches = 1;
  }
  // A matrix with a dimension of size 1 is contiguous in either order.
  if (p->m == 1) p->a_row = p->k, p->a_col = 1;
  if (p->n == 1) p->b_row = 1, p->b_col = p->k;
  if (p->k == 1) {
    p->a_row = 1, p->a_col = p->m;
    p->b_row = p->n, p->b_col = 1;
  }
  return batches;
}

}  // namespace

MatmulRows matmul_rows(const MatmulKernels& kernels, const MatmulCall& call) {
  Product p;
  if (call.transpose_a || lay_out(kernels, call, &p) != 1 || p.m < 2 || p.n < 2 || p.k < 2) return {};
  const MatmulPlan plan = plan_matmul(kernels, p, num_threads(), true);
  const bool owned = plan.split == MatmulSplit::kBlocks;
  if (plan.algorithm == MatmulAlgorithm::kTransposed || !(owned || plan.split == MatmulSplit::kRows))
    return {};
  return {p.m, plan.grains, owned};
}

bool run_matmul_rows(const MatmulKernels& kernels, const MatmulCall& call, int64_t begin, int64_t end) {
  Product p;
  lay_out(kernels, call, &p);
  p.plan = plan_matmul(kernels, p, num_threads(), true);
  return p.run({call.a, call.b, call.c}, begin, end - begin, 0, p.n);
}

bool run_matmul(const MatmulKernels& kernels, const MatmulCall& call) {
  Product p;  // not cleared, like MatmulCall
  int64_t batches = lay_out(kernels, call, &p);
  const int64_t count = p.m * p.n;
  if (batches == 0 || count == 0) return true;
  Operands x = {call.a, call.b, call.c};
  if (p.k == 0) {
    if (!p.accumulate) zero(call.c, batches * count * p.size);
    if (p.epilogue.any()) kernels.epilogue(call.epilogue, call.c, p.n, batches * p.m, p.n);
    return true;
  }
  const int64_t* left_strides = call.a_strides;
  const int64_t* right_strides = call.b_strides;
  if (p.n == 1 && p.a_row == 1 && p.a_col != 1 && p.epilogue.bias == nullptr) {
    // Aᵀx = (xᵀA)ᵀ: reads A along its rows. Not with a bias, which would apply to the wrong dimension.
    const int64_t m = p.m;
    p.n = m, p.m = 1, p.c_row = m;
    p.a_row = p.k, p.a_col = 1;
    p.b_row = m, p.b_col = 1;
    x.a = call.b, x.b = call.a;
    left_strides = call.b_strides, right_strides = call.a_strides;
  }
  p.plan = plan_matmul(kernels, p, num_threads(), batches == 1);
  if (batches == 1) return p.run_split(x);

  const double time = matmul_nanoseconds(kernels, p);
  const bool over_batches = time < 8 * kMatmulGrain || batches >= 4 * num_threads();
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
      const int64_t co = i * count * p.size;
      const Operands one = {at(x.a, ao * p.size), at(x.b, bo * p.size), at(x.c, co)};
      if (!(over_batches ? p.run(one, 0, p.m, 0, p.n) : p.run_split(one))) ok = false;
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
    const double grains = time * static_cast<double>(batches) / static_cast<double>(kMatmulGrain);
    parallel_for_grains(batches, static_cast<int64_t>(grains), range);
  } else {
    range(0, batches);
  }
  return ok;
}

}  // namespace gradtape
