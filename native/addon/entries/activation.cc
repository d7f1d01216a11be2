// Activations of few elements that are several kernels: one call each.
#include "addon/entries/elementwise_ops.h"
#include "addon/entry.h"
#include "runtime/copy/copy.h"

namespace gradtape {

namespace {

constexpr int64_t kSmallBytes = 8192;

GT_GROUP(FewNumbers, rows, columns, dtype)

/// As many elements as fit.
struct Few {
  int64_t rows, n, count = 1;
  int dtype, log_size = 0;
  int64_t size;

  Few(Call& call, int first)
      : rows(call.index(first + FewNumbers::rows, kSmallBytes + 1, "there are too many elements")),
        n(call.index(first + FewNumbers::columns, kSmallBytes + 1, "there are too many elements")),
        count(rows * n),
        dtype(call.dtype(first + FewNumbers::dtype)),
        size(dtype_size(dtype)) {
    while ((1 << log_size) < size) log_size++;
    if (count > kSmallBytes / size) call.fail("there are too many elements");
  }
};

}  // namespace

/// y = times(the first half of each row of x, gate(the second)): `gate` is a unary op, `times` a binary one.
/// Rows and columns are those of y.
GT_ENTRY(Glu, (x, y), GT_PART(few, FewNumbers), gate, times) {
  const Few few(call, Glu::few);
  const UnaryEntry& gate = unary_of(call, Glu::gate, few.dtype);
  const BinaryEntry& times = binary_of(call, Glu::times, few.dtype);
  const char* x = static_cast<const char*>(call.read(Glu::x, 2 * few.count, few.size));
  void* y = call.write(Glu::y, few.count, few.size);
  if (!call.ok() || few.count == 0) return;
  alignas(64) char gates[kSmallBytes];
  run_copy_rows(x, 2 * few.n, y, few.n, few.rows, few.n, few.log_size);
  run_copy_rows(x + few.n * few.size, 2 * few.n, gates, few.n, few.rows, few.n, few.log_size);
  run(gate, few.dtype, few.size, gates, gates, few.count);
  run(times, few.dtype, few.size, y, gates, y, few.count, kVecVec);
}

/// Each row of y is positive(that of x), then positive(negative(that of x)): two unary ops. Rows and columns
/// are those of x.
GT_ENTRY(Crelu, (x, y), GT_PART(few, FewNumbers), positive, negative) {
  const Few few(call, Crelu::few);
  const UnaryEntry& positive = unary_of(call, Crelu::positive, few.dtype);
  const UnaryEntry& negative = unary_of(call, Crelu::negative, few.dtype);
  const void* x = call.read(Crelu::x, few.count, few.size);
  char* y = static_cast<char*>(call.write(Crelu::y, 2 * few.count, few.size));
  if (!call.ok() || few.count == 0) return;
  alignas(64) char up[kSmallBytes], down[kSmallBytes];
  run(positive, few.dtype, few.size, x, up, few.count);
  run(negative, few.dtype, few.size, x, down, few.count);
  run(positive, few.dtype, few.size, down, down, few.count);
  run_copy_rows(up, few.n, y, 2 * few.n, few.rows, few.n, few.log_size);
  run_copy_rows(down, few.n, y + few.n * few.size, 2 * few.n, few.rows, few.n, few.log_size);
}

}  // namespace gradtape
