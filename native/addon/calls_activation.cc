// Activations of few elements that are several kernels: one call each.
#include "../runtime/copy.h"
#include "entries.h"
#include "table_call.h"

namespace gradtape {

namespace {

constexpr int64_t kSmallBytes = 8192;

/// rows × n from slots 2 and 3, dtype from slot 4: as many elements as fit.
struct Few {
  int64_t rows, n, count = 1;
  int dtype, log_size = 0;
  int64_t size;

  explicit Few(Call& call)
      : rows(call.index(2, kSmallBytes + 1, "there are too many elements")),
        n(call.index(3, kSmallBytes + 1, "there are too many elements")),
        count(rows * n),
        dtype(static_cast<int>(call.index(4, kDTypes, "no such dtype"))),
        size(dtype_size(dtype)) {
    while ((1 << log_size) < size) log_size++;
    if (count > kSmallBytes / size) call.fail("there are too many elements");
  }
};

/// glu(x, y): y = times(the first half of each row of x, gate(the second)). Frame: x offset, y offset, rows
/// and columns of y, dtype, the unary op gate, the binary op times.
napi_value glu(napi_env env, napi_callback_info info) {
  Call call(env, info, 2);
  const Few few(call);
  const UnaryEntry& gate = unary_of(call, 5, few.dtype);
  const BinaryEntry& times = binary_of(call, 6, few.dtype);
  const char* x = static_cast<const char*>(call.read(0, 0, 2 * few.count, few.size));
  void* y = call.write(1, 1, few.count, few.size);
  if (!call.ok() || few.count == 0) return nullptr;
  alignas(64) char gates[kSmallBytes];
  run_copy_rows(x, 2 * few.n, y, few.n, few.rows, few.n, few.log_size);
  run_copy_rows(x + few.n * few.size, 2 * few.n, gates, few.n, few.rows, few.n, few.log_size);
  run(gate, few.dtype, few.size, gates, gates, few.count);
  run(times, few.dtype, few.size, y, gates, y, few.count, kVecVec);
  return nullptr;
}

/// crelu(x, y): each row of y is positive(that of x), then positive(negative(that of x)). Frame: x offset, y
/// offset, rows and columns of x, dtype, the unary ops positive and negative.
napi_value crelu(napi_env env, napi_callback_info info) {
  Call call(env, info, 2);
  const Few few(call);
  const UnaryEntry &positive = unary_of(call, 5, few.dtype), &negative = unary_of(call, 6, few.dtype);
  const void* x = call.read(0, 0, few.count, few.size);
  char* y = static_cast<char*>(call.write(1, 1, 2 * few.count, few.size));
  if (!call.ok() || few.count == 0) return nullptr;
  alignas(64) char up[kSmallBytes], down[kSmallBytes];
  run(positive, few.dtype, few.size, x, up, few.count);
  run(negative, few.dtype, few.size, x, down, few.count);
  run(positive, few.dtype, few.size, down, down, few.count);
  run_copy_rows(up, few.n, y, 2 * few.n, few.rows, few.n, few.log_size);
  run_copy_rows(down, few.n, y + few.n * few.size, 2 * few.n, few.rows, few.n, few.log_size);
  return nullptr;
}

}  // namespace

void define_activation(Napi::Object exports, Instance* instance) {
  define_entry(exports, "glu", glu, instance);
  define_entry(exports, "crelu", crelu, instance);
}

}  // namespace gradtape
