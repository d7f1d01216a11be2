// Factorizations of batches of matrices.
#pragma once
#include "kernels/table.h"

namespace gradtape {

/// The QR decompositions of `batch` m×n matrices (QrFn). False if out of memory.
bool run_qr(QrFn fn, const void* x, void* q, void* r, int64_t batch, int64_t m, int64_t n, int64_t columns,
            int64_t size);

}  // namespace gradtape
