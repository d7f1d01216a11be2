// Factorizations of matrices.
#include "runtime/linalg/linalg.h"
#include "addon/entries/shape_args.h"
#include "addon/entry.h"
#include "runtime/dispatch/dispatch.h"

namespace gradtape {

/// x = q·r for `batch` matrices: x is m×n, q m×columns, r columns×n; columns is min(m, n) or m.
GT_ENTRY(Qr, (x, q, r), batch, m, n, columns, dtype) {
  int64_t product = 16;  // so that neither byte sizes nor scratch sizes overflow
  const int64_t batch = dimension(call, Qr::batch, &product);
  const int64_t m = dimension(call, Qr::m, &product);
  const int64_t n = dimension(call, Qr::n, &product);
  const int64_t columns = dimension(call, Qr::columns, &product);
  const int dtype = call.dtype(Qr::dtype, kFloating);
  if (columns != m && columns != (m < n ? m : n)) call.fail("q has a wrong number of columns");
  if (!call.ok()) return;
  const int64_t size = dtype_size(dtype);
  const void* x = call.read(Qr::x, batch * m * n, size);
  void* q = call.write(Qr::q, batch * m * columns, size);
  void* r = call.write(Qr::r, batch * columns * n, size);
  const QrFn fn = kernels().qr[dtype];
  if (fn == nullptr) call.fail("matrices of this dtype have no QR decomposition");
  // Without columns, q and r are empty.
  if (!call.ok() || batch == 0 || columns == 0) return;
  if (!run_qr(fn, x, q, r, batch, m, n, columns, size)) call.fail(kNoMemory);
}

}  // namespace gradtape
