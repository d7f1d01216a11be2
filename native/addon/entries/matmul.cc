// The entry of the matrix product.
#include "runtime/matmul/matmul.h"

#include "addon/entries/epilogue_args.h"
#include "addon/entry.h"

namespace gradtape {

namespace {
void multiply(Call& call);
}

/// C = f(op(A)·op(B) + bias + residual), or +=. Matrices are row-major: A is m×k (k×m if transposed), B k×n
/// (n×k if transposed); C is [dims, m, n]. Strides are those of the batch dimensions, in elements: 0 where
/// broadcast. The bias has n elements, the residual the shape of C; `activation` is the number of the unary
/// op f, −1 for none.
GT_ROW_ENTRY(Matmul, (a, b, c, GT_OPTIONAL(bias), GT_OPTIONAL(residual)), dtype, m, n, k,
             GT_FLAG(transpose_a), GT_FLAG(transpose_b), GT_FLAG(accumulate), activation, ndim,
             GT_LIST(dims, kMaxDims), GT_LIST(a_strides, kMaxDims), GT_LIST(b_strides, kMaxDims)) {
  multiply(call);
}

namespace {

constexpr int64_t kLimit = int64_t{1} << 53;

/// Computes the number of elements up to the last one that a batch of matrices accesses; false on overflow.
bool batch_reach(int64_t matrix, int ndim, const int64_t* dims, const int64_t* strides, int64_t* reach) {
  *reach = matrix;
  for (int d = 0; d < ndim; d++) {
    int64_t step = 0;
    if (__builtin_mul_overflow(dims[d] - 1, strides[d], &step) ||
        __builtin_add_overflow(*reach, step, reach)) {
      return false;
    }
  }
  return true;
}

/// The number of elements up to the last one accessed, for each operand.
struct Reach {
  int64_t a = 0, b = 0, c = 0;
};

/// Reads the shape. If C is empty, the other arguments are not checked.
void read_shape(Call& call, MatmulCall& product, Reach* reach) {
  product.dtype = call.dtype(Matmul::dtype, kNumeric);
  product.m = call.index(Matmul::m, kLimit, "a dimension is negative");
  product.n = call.index(Matmul::n, kLimit, "a dimension is negative");
  product.k = call.index(Matmul::k, kLimit, "a dimension is negative");
  product.transpose_a = call.flag(Matmul::transpose_a);
  product.transpose_b = call.flag(Matmul::transpose_b);
  product.accumulate = call.flag(Matmul::accumulate);
  const int ndim = product.batch_ndim =
      static_cast<int>(call.index(Matmul::ndim, kMaxDims + 1, "too many dimensions"));
  int64_t batches = 1;
  for (int d = 0; call.ok() && d < ndim; d++) {
    product.batch_dims[d] = call.index(Matmul::dims + d, kLimit, "a dimension is negative");
    product.a_strides[d] = call.index(Matmul::a_strides + d, kLimit, "a stride is negative");
    product.b_strides[d] = call.index(Matmul::b_strides + d, kLimit, "a stride is negative");
    if (__builtin_mul_overflow(batches, product.batch_dims[d], &batches)) call.fail("the shape is too large");
  }
  int64_t a_count = 0, b_count = 0;
  if (__builtin_mul_overflow(product.m, product.k, &a_count) ||
      __builtin_mul_overflow(product.k, product.n, &b_count) ||
      __builtin_mul_overflow(product.m, product.n, &reach->c) ||
      __builtin_mul_overflow(batches, reach->c, &reach->c)) {
    call.fail("the shape is too large");
  }
  if (!call.ok() || reach->c == 0) return;
  if (product.k > 0 && (!batch_reach(a_count, ndim, product.batch_dims, product.a_strides, &reach->a) ||
                        !batch_reach(b_count, ndim, product.batch_dims, product.b_strides, &reach->b))) {
    call.fail("the shape is too large");
  }
}

/// Reads the operands, converted to the dtype of the kernels.
void read_operands(Call& call, MatmulCall& product, const Reach& reach, Converted& converted) {
  const int64_t size = dtype_size(product.dtype);
  const void* a = call.read(Matmul::a, reach.a, size);
  const void* b = call.read(Matmul::b, reach.b, size);
  void* c = call.write(Matmul::c, reach.c, size);
  if (!call.ok()) return;
  product.a = converted.in(a, reach.a);
  product.b = converted.in(b, reach.b);
  product.c = product.accumulate ? converted.in_out(c, reach.c) : converted.out(c, reach.c);
}

/// Reports how rows of C depend on rows of A, if threads split the product by rows.
void report_rows(Call& call, const MatmulCall& product, const Reach& reach) {
  const ProgramStep& step = *call.step();
  const MatmulKernels& table = kernels().matmul[product.dtype];
  const int64_t size = dtype_size(product.dtype), wide = product.n * size, deep = product.k * size;
  const auto fits = [&](int arg, int64_t offset, int64_t count) {
    return arg < step.buffer_count && offset >= 0 && count <= step.buffers[arg].bytes / size &&
           offset <= step.buffers[arg].bytes - count * size;
  };
  const int64_t a = call.integer(Matmul::a), b = call.integer(Matmul::b), c = call.integer(Matmul::c);
  const int64_t bias = call.integer(Matmul::bias);
  const int64_t residual = call.integer(Matmul::residual);
  // Errors are reported when the instruction runs.
  if (!call.ok() || table.block == nullptr || !fits(Matmul::a, a, reach.a) || !fits(Matmul::b, b, reach.b) ||
      !fits(Matmul::c, c, reach.c) || (bias >= 0 && !fits(Matmul::bias, bias, product.n)) ||
      (residual >= 0 && !fits(Matmul::residual, residual, reach.c))) {
    return;
  }
  const MatmulRows rows = matmul_rows(table, product);
  if (rows.rows == 0) return;
  RowForm& form = *step.form;
  form.rows = rows.rows, form.grains = rows.grains;
  form.uses = {{Matmul::a, a, deep, deep, false},
               {Matmul::b, b, reach.b * size, 0, false},
               {Matmul::c, c, wide, wide, true}};
  if (rows.owned) form.kept = 1;
  if (bias >= 0) form.uses.push_back({Matmul::bias, bias, wide, 0, false});
  if (residual >= 0) form.uses.push_back({Matmul::residual, residual, wide, wide, false});
}

/// Reads a product's shape. False if nothing is left to do: the product is empty, or the program requested
/// only the row form.
bool begin_product(Call& call, MatmulCall& product, Reach* reach) {
  read_shape(call, product, reach);
  if (!call.ok() || reach->c == 0) return false;
  if (call.step() == nullptr || call.step()->form == nullptr) return true;
  report_rows(call, product, *reach);
  return false;
}

void run_product(Call& call, MatmulCall& product, Converted& converted) {
  if (!converted.ok()) call.fail(kNoMemory);
  if (!call.ok()) return;
  product.dtype = converted.dtype();
  const MatmulKernels& table = kernels().matmul[product.dtype];
  const ProgramStep* step = call.step();
  const bool done = step == nullptr || step->row_end < 0
                        ? run_matmul(table, product)
                        : run_matmul_rows(table, product, step->row_begin, step->row_end);
  if (!done) return call.fail(kNoMemory);
  converted.write_back();
}

void multiply(Call& call) {
  MatmulCall product;
  Reach reach;
  if (!begin_product(call, product, &reach)) return;
  Converted converted(product.dtype, product_dtype(product.dtype));
  read_operands(call, product, reach, converted);
  product.epilogue = read_epilogue<Matmul>(call, product.dtype, converted, product.c, reach.c, product.n);
  run_product(call, product, converted);
}

}  // namespace

}  // namespace gradtape
