// The entry of the matrix product.
#include "../runtime/matmul.h"

#include "call_finish.h"
#include "entries.h"

namespace gradtape {

namespace {

constexpr int64_t kLimit = int64_t{1} << 53;

/// reach = (elements up to the last one that a batch of matrices touches), false if it overflows.
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

/// Elements from the first to the last that the operands of a product have.
struct Reach {
  int64_t a = 0, b = 0, c = 0;
};

/// The shape of a product, for both entries below. Where C has no elements nothing else is looked at.
void read_shape(Call& call, MatmulCall& product, Reach* reach) {
  product.dtype = call.dtype(3, kNumeric);
  product.m = call.index(4, kLimit, "a dimension is negative");
  product.n = call.index(5, kLimit, "a dimension is negative");
  product.k = call.index(6, kLimit, "a dimension is negative");
  product.transpose_a = call.index(7, 2, "a flag is neither 0 nor 1") != 0;
  product.transpose_b = call.index(8, 2, "a flag is neither 0 nor 1") != 0;
  product.accumulate = call.index(9, 2, "a flag is neither 0 nor 1") != 0;
  const int ndim = product.batch_ndim = static_cast<int>(call.index(10, kMaxDims + 1, "too many dimensions"));
  int64_t batches = 1;
  for (int d = 0; call.ok() && d < ndim; d++) {
    product.batch_dims[d] = call.index(11 + d, kLimit, "a dimension is negative");
    product.a_strides[d] = call.index(11 + ndim + d, kLimit, "a stride is negative");
    product.b_strides[d] = call.index(11 + 2 * ndim + d, kLimit, "a stride is negative");
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

/// The operands, in the dtype of the kernels.
void read_operands(Call& call, MatmulCall& product, const Reach& reach, Converted& converted) {
  const int64_t size = dtype_size(product.dtype);
  const void* a = call.read(0, 0, reach.a, size);
  const void* b = call.read(1, 1, reach.b, size);
  void* c = call.write(2, 2, reach.c, size);
  if (!call.ok()) return;
  product.a = converted.in(a, reach.a);
  product.b = converted.in(b, reach.b);
  product.c = product.accumulate ? converted.in_out(c, reach.c) : converted.out(c, reach.c);
}

constexpr int kFinishSlot = 11 + 3 * kMaxDims;

/// How a product makes its rows, where threads split them anyway.
void tell_rows(Call& call, const MatmulCall& product, const Reach& reach, bool finishes) {
  const ProgramStep& step = *call.step();
  const MatmulKernels& table = kernels().matmul[product.dtype];
  const int64_t size = dtype_size(product.dtype), wide = product.n * size, deep = product.k * size;
  const auto fits = [&](int arg, int64_t offset, int64_t count) {
    return arg < step.buffer_count && offset >= 0 && count <= step.buffers[arg].bytes / size &&
           offset <= step.buffers[arg].bytes - count * size;
  };
  const int64_t a = call.integer(0), b = call.integer(1), c = call.integer(2);
  const int64_t bias = finishes ? call.integer(kFinishSlot) : -1;
  const int64_t residual = finishes ? call.integer(kFinishSlot + 1) : -1;
  // Where something is wrong the run says it.
  if (!call.ok() || table.block == nullptr || !fits(0, a, reach.a) || !fits(1, b, reach.b) ||
      !fits(2, c, reach.c) || (bias >= 0 && !fits(3, bias, product.n)) ||
      (residual >= 0 && !fits(4, residual, reach.c))) {
    return;
  }
  const MatmulRows rows = matmul_rows(table, product);
  if (rows.rows == 0) return;
  RowForm& form = *step.form;
  form.rows = rows.rows, form.grains = rows.grains;
  form.uses = {{0, a, deep, deep, false}, {1, b, reach.b * size, 0, false}, {2, c, wide, wide, true}};
  if (rows.owned) form.kept = 1;
  if (bias >= 0) form.uses.push_back({3, bias, wide, 0, false});
  if (residual >= 0) form.uses.push_back({4, residual, wide, wide, false});
}

/// Reads a product's shape. False where no more is to be done: there is nothing to compute, or a program
/// asked only how the rows are made.
bool begin_product(Call& call, MatmulCall& product, Reach* reach, bool finishes) {
  read_shape(call, product, reach);
  if (!call.ok() || reach->c == 0) return false;
  if (call.step() == nullptr || call.step()->form == nullptr) return true;
  tell_rows(call, product, *reach, finishes);
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
  converted.finish();
}

/// matmul(a, b, c): C = op(A)·op(B), or += ; frame: a offset, b offset, c offset, dtype, m, n, k, transpose a
/// (0 or 1), transpose b, accumulate, batch ndim, then the batch dims, a's batch strides, b's batch strides
/// (elements; 0 where broadcast). Matrices are row-major: A is m×k (k×m transposed), B k×n (n×k transposed);
/// C is [batch dims, m, n].
napi_value matmul(napi_env env, napi_callback_info info) {
  Call call(env, info, 3);
  MatmulCall product;
  Reach reach;
  if (!begin_product(call, product, &reach, false)) return nullptr;
  Converted converted(product.dtype, product_dtype(product.dtype));
  read_operands(call, product, reach, converted);
  run_product(call, product, converted);
  return nullptr;
}

/// fusedMatmul(a, b, c, bias, residual): C = f(op(A)·op(B) + bias + residual); the frame as for matmul, and
/// from slot 59 on: bias offset, residual offset (−1: there is none), the unary op f (−1: none). The bias has
/// n elements, the residual those of C.
napi_value fused_matmul(napi_env env, napi_callback_info info) {
  Call call(env, info, 5);
  MatmulCall product;
  Reach reach;
  if (!begin_product(call, product, &reach, true)) return nullptr;
  Converted converted(product.dtype, product_dtype(product.dtype));
  read_operands(call, product, reach, converted);
  product.finish = read_finish(call, 3, kFinishSlot, product.dtype, converted, product.c, reach.c, product.n);
  run_product(call, product, converted);
  return nullptr;
}

}  // namespace

void define_matmul(Napi::Object exports, Instance* instance) {
  define_entry(exports, "matmul", matmul, instance, true, true);
  define_entry(exports, "fusedMatmul", fused_matmul, instance, true, true);
}

}  // namespace gradtape
