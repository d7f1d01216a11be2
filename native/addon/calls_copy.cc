// The entry of the strided copy.
#include "../runtime/copy.h"
#include "entries.h"
#include "overflow.h"
#include "ranges.h"

namespace gradtape {

namespace {

/// How far strided accesses reach from their first element, both ways.
struct Reach {
  int64_t low = 0, high = 0;
  /// False where a number overflows.
  bool add(int64_t dim, int64_t stride) {
    int64_t far = 0;
    if (__builtin_mul_overflow(dim - 1, stride, &far)) return false;
    int64_t& side = far < 0 ? low : high;
    return !__builtin_add_overflow(side, far, &side);
  }
};

/// The address of a strided range's first element, after checking that all of it lies in the buffer. What
/// lies between its elements belongs to it, too.
char* strided(Call& call, unsigned arg, int offset_slot, const Reach& reach, int64_t size, Use use) {
  const int64_t offset = call.integer(offset_slot);
  int64_t start = 0, count = 0;
  if (__builtin_mul_overflow(reach.low, size, &start) || __builtin_add_overflow(offset, start, &start) ||
      __builtin_sub_overflow(reach.high, reach.low, &count) || __builtin_add_overflow(count, 1, &count)) {
    call.fail("the shape is too large");
    return nullptr;
  }
  char* first = static_cast<char*>(call.take(arg, start, count, size, use));
  return first == nullptr ? nullptr : first - reach.low * size;
}

/// The size of an element in a slot, as a power of two.
int log_of_size(Call& call, int slot) {
  switch (call.integer(slot)) {
    case 1:
      return 0;
    case 2:
      return 1;
    case 4:
      return 2;
    case 8:
      return 3;
    case 16:
      return 4;
    default:
      call.fail("no such element size");
      return 0;
  }
}

/// copy(src, dst); frame: src offset, dst offset (bytes, of the elements with all indices 0), element size,
/// ndim, then ndim dims, src strides, dst strides (elements; negative ones allowed, in the source also 0).
napi_value copy(napi_env env, napi_callback_info info) {
  Call call(env, info, 2);
  const int log_size = log_of_size(call, 2);
  const int64_t size = int64_t{1} << log_size;
  CopyLayout layout;  // filled up to ndim: clearing it all takes longer than a small copy
  layout.ndim = static_cast<int>(call.index(3, kMaxDims + 1, "too many dimensions"));
  Reach src_reach, dst_reach;
  int64_t n = 1;
  bool empty = false;
  for (int d = 0; call.ok() && d < layout.ndim; d++) {
    const int64_t dim = call.index(4 + d, kIntegers, "a dimension is negative");
    const int64_t src_stride = call.integer(4 + layout.ndim + d);
    const int64_t dst_stride = call.integer(4 + 2 * layout.ndim + d);
    layout.dims[d] = dim;
    layout.src_strides[d] = src_stride;
    layout.dst_strides[d] = dst_stride;
    if (dim == 0) empty = true;
    if (dim < 1) continue;
    if (dim > 1 && dst_stride == 0) call.fail("a destination stride is 0");
    if (!src_reach.add(dim, src_stride) || !dst_reach.add(dim, dst_stride) || !multiply_into(&n, dim)) {
      call.fail("the shape is too large");
    }
  }
  if (!call.ok() || empty) return nullptr;
  const char* src = strided(call, 0, 0, src_reach, size, kReads);
  char* dst = strided(call, 1, 1, dst_reach, size, kWrites);
  if (!call.ok()) return nullptr;
  if (n > dst_reach.high - dst_reach.low + 1) {
    call.fail("elements of the destination coincide");
    return nullptr;
  }
  run_copy(src, dst, layout, log_size);
  return nullptr;
}

/// parts(whole, piece, piece …): pieces that lie side by side in the rows of a whole are written to it or
/// read from it. Frame: whole offset, element size, rows, columns of the whole, the first piece's first
/// column, whether pieces are read from the whole (1) or written to it (0), with 2 added where all lie in one
/// storage, which is then the second argument and the last, how many pieces there are, then for each its
/// offset and its columns.
napi_value parts(napi_env env, napi_callback_info info) {
  constexpr int kFirst = 7;
  constexpr int kMost = (kFrameSlots - kFirst) / 2;
  Call call(env, info, kMost + 1);
  const int log_size = log_of_size(call, 1);
  const int64_t size = int64_t{1} << log_size;
  const int64_t rows = call.index(2, kIntegers, "a dimension is negative");
  const int64_t columns = call.index(3, kIntegers, "a dimension is negative");
  const int64_t begin = call.index(4, columns + 1, "a piece does not lie in the whole");
  const int64_t how = call.index(5, 4, "a flag is neither 0 nor 1");
  const bool reads = (how & 1) != 0, together = (how & 2) != 0;
  const int count = static_cast<int>(call.index(6, kMost + 1, "too many pieces"));
  int64_t n = rows;
  if (!multiply_into(&n, columns)) call.fail("the shape is too large");
  char* whole = static_cast<char*>(call.take(0, call.integer(0), n, size, reads ? kReads : kWrites));
  char* pieces[kMost];
  int64_t widths[kMost];
  int64_t rest = columns - begin;
  WrittenRanges<kMost> written;  // of pieces that the whole is read to
  for (int i = 0; call.ok() && i < count; i++) {
    const int slot = kFirst + 2 * i;
    widths[i] = call.index(slot + 1, rest + 1, "a piece does not lie in the whole");
    rest -= widths[i];
    const int64_t size_of_piece = rows * widths[i];
    pieces[i] = static_cast<char*>(call.range(together ? 1 : 1 + i, call.integer(slot), size_of_piece, size));
    if (pieces[i] == nullptr) continue;
    if (overlap(whole, n * size, pieces[i], size_of_piece * size)) call.fail(kOverlap);
    if (reads) written.add(pieces[i], size_of_piece * size);
  }
  if (!written.apart()) call.fail(kOverlap);
  if (!call.ok() || n == 0) return nullptr;
  char* at = whole + begin * size;
  for (int i = 0; i < count; i++) {
    if (pieces[i] == nullptr) continue;
    if (reads) {
      run_copy_rows(at, columns, pieces[i], widths[i], rows, widths[i], log_size);
    } else {
      run_copy_rows(pieces[i], widths[i], at, columns, rows, widths[i], log_size);
    }
    at += widths[i] * size;
  }
  return nullptr;
}

}  // namespace

void define_copy(Napi::Object exports, Instance* instance) {
  define_entry(exports, "copy", copy, instance);
  define_entry(exports, "parts", parts, instance);
}

}  // namespace gradtape
