// Running sums and products, and linear recurrences.
#include "runtime/scan/scan.h"
#include "addon/entries/shape_args.h"
#include "addon/entry.h"
#include "runtime/convert/converted.h"
#include "runtime/dispatch/dispatch.h"

namespace gradtape {

/// Running sums or products along n: x and y are [outer, n, inner].
GT_ENTRY(Scan, (x, y), op, dtype, outer, n, inner, GT_FLAG(exclusive), GT_FLAG(reverse)) {
  const KernelTable& table = kernels();
  const ScanEntry& entry = table.scan[call.index(Scan::op, table.scan.count, "no such scan")];
  const int dtype = call.dtype(Scan::dtype, kNumeric);
  int64_t product = 1;
  const int64_t outer = dimension(call, Scan::outer, &product);
  const int64_t n = dimension(call, Scan::n, &product);
  const int64_t inner = dimension(call, Scan::inner, &product);
  const bool exclusive = call.flag(Scan::exclusive), reverse = call.flag(Scan::reverse);
  if (!call.ok()) return;
  const void* x = call.read(Scan::x, outer * n * inner, dtype_size(dtype));
  void* y = call.write(Scan::y, outer * n * inner, dtype_size(dtype));
  if (!call.ok() || y == nullptr) return;
  // Integers have one kernel per width; 16-bit floats are summed in float32.
  Converted c(dtype, is_kind(dtype, kFloating) ? compute_dtype(dtype) : dtype);
  x = c.in(x, outer * n * inner), y = c.out(y, outer * n * inner);
  if (!c.ok()) return call.fail(kNoMemory);
  run_scan(entry, c.dtype(), x, y, outer, n, inner, exclusive, reverse);
  c.write_back();
}

/// The linear recurrence y[i] = b[i] + a[i]·y[i − 1] along n: all are [outer, n, inner].
GT_ENTRY(Recurrence, (a, b, y), dtype, outer, n, inner, GT_FLAG(exclusive), GT_FLAG(reverse)) {
  const int dtype = call.dtype(Recurrence::dtype, kFloating);
  int64_t product = 1;
  const int64_t outer = dimension(call, Recurrence::outer, &product);
  const int64_t n = dimension(call, Recurrence::n, &product);
  const int64_t inner = dimension(call, Recurrence::inner, &product);
  const bool exclusive = call.flag(Recurrence::exclusive), reverse = call.flag(Recurrence::reverse);
  if (!call.ok()) return;
  const int64_t size = dtype_size(dtype), count = outer * n * inner;
  const void* a = call.read(Recurrence::a, count, size);
  const void* b = call.read(Recurrence::b, count, size);
  void* y = call.write(Recurrence::y, count, size);
  if (!call.ok() || y == nullptr) return;
  Converted c(dtype, compute_dtype(dtype));
  a = c.in(a, count), b = c.in(b, count), y = c.out(y, count);
  if (!c.ok()) return call.fail(kNoMemory);
  run_recurrence(kernels().recurrence[c.dtype()], c.size(), a, b, y, outer, n, inner, exclusive, reverse);
  c.write_back();
}

}  // namespace gradtape
