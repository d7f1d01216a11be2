// Matrix products of whole tensors: blocking, packing, threads, batches.
#pragma once
#include "kernels/table.h"
#include "runtime/layout.h"

namespace gradtape {

/// C[batch, m, n] = op(A)[batch, m, k] · op(B)[batch, k, n], or += with `accumulate`. C is contiguous and so
/// is each matrix of A and B; a transposed operand is stored k×m (A) or n×k (B). Batch strides are in
/// elements, 0 where an operand is broadcast. Results do not depend on the number of threads.
struct MatmulCall {
  const void* a = nullptr;
  const void* b = nullptr;
  void* c = nullptr;
  int dtype = 0;
  int64_t m = 0, n = 0, k = 0;
  bool transpose_a = false, transpose_b = false, accumulate = false;
  int batch_ndim = 0;
  // Only the first batch_ndim of each are set; clearing the others would be a tenth of a small product's
  // time.
  int64_t batch_dims[kMaxDims];
  int64_t a_strides[kMaxDims];
  int64_t b_strides[kMaxDims];
  Epilogue epilogue = {};  // applied to C
};

/// `kernels` are those of the call's dtype. False if memory for packing cannot be allocated.
bool run_matmul(const MatmulKernels& kernels, const MatmulCall& call);

/// Whether threads may compute ranges of rows of C independently by run_matmul_rows, bitwise as run_matmul
/// does.
struct MatmulRows {
  int64_t rows = 0;    // rows of C; 0: they may not
  int64_t grains = 0;  // the work
  bool owned = false;  // on its own the product is split so that parts of B stay with a thread
};
MatmulRows matmul_rows(const MatmulKernels& kernels, const MatmulCall& call);

/// Computes rows [begin, end) of C on the calling thread, if matmul_rows permits it.
bool run_matmul_rows(const MatmulKernels& kernels, const MatmulCall& call, int64_t begin, int64_t end);

}  // namespace gradtape
