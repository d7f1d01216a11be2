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

/// The operands and the shape of a product, for both entries below.
void read_product(Call& call, MatmulCall& product, int64_t* c_count) {
  product.dtype = static_cast<int>(call.index(3, kDTypes, "no such dtype"));
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
  int64_t a_count = 0, b_count = 0, a_reach = 0, b_reach = 0;
  if (__builtin_mul_overflow(product.m, product.k, &a_count) ||
      __builtin_mul_overflow(product.k, product.n, &b_count) ||
      __builtin_mul_overflow(product.m, product.n, c_count) ||
      __builtin_mul_overflow(batches, *c_count, c_count)) {
    call.fail("the shape is too large");
  }
  if (!call.ok() || *c_count == 0) return;
  if (product.k > 0 && (!batch_reach(a_count, ndim, product.batch_dims, product.a_strides, &a_reach) ||
                        !batch_reach(b_count, ndim, product.batch_dims, product.b_strides, &b_reach))) {
    call.fail("the shape is too large");
  }
  const int64_t size = dtype_size(product.dtype);
  product.a = call.span(0, 0, a_reach, size);
  product.b = call.span(1, 1, b_reach, size);
  product.c = call.span(2, 2, *c_count, size);
}

void run_product(Call& call, const MatmulCall& product) {
  const MatmulKernels& table = kernels().matmul[product.dtype];
  if (table.block == nullptr) call.fail("there is no matrix product of this dtype");
  if (call.ok() && !run_matmul(table, product)) call.fail("out of memory in a matrix product");
}

/// matmul(a, b, c): C = op(A)·op(B), or += ; frame: a offset, b offset, c offset, dtype, m, n, k, transpose a
/// (0 or 1), transpose b, accumulate, batch ndim, then the batch dims, a's batch strides, b's batch strides
/// (elements; 0 where broadcast). Matrices are row-major: A is m×k (k×m transposed), B k×n (n×k transposed);
/// C is [batch dims, m, n].
napi_value matmul(napi_env env, napi_callback_info info) {
  Call call(env, info, 3);
  MatmulCall product;
  int64_t c_count = 0;
  read_product(call, product, &c_count);
  if (c_count > 0) run_product(call, product);
  return nullptr;
}

constexpr int kFinishSlot = 11 + 3 * kMaxDims;

/// fusedMatmul(a, b, c, bias, residual): C = f(op(A)·op(B) + bias + residual); the frame as for matmul, and
/// from slot 59 on: bias offset, residual offset (−1: there is none), the unary op f (−1: none). The bias has
/// n elements, the residual those of C.
napi_value fused_matmul(napi_env env, napi_callback_info info) {
  Call call(env, info, 5);
  MatmulCall product;
  int64_t c_count = 0;
  read_product(call, product, &c_count);
  if (!call.ok() || c_count == 0) return nullptr;
  product.finish = read_finish(call, 3, kFinishSlot, product.dtype, product.c, c_count, product.n);
  run_product(call, product);
  return nullptr;
}

}  // namespace

void define_matmul(napi_env env, napi_value exports, Env* state) {
  define_entry(env, exports, "matmul", matmul, state);
  define_entry(env, exports, "fusedMatmul", fused_matmul, state);
}

}  // namespace gradtape
