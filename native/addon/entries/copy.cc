// The entry of the strided copy.
#include "runtime/copy/copy.h"
#include "addon/entry.h"
#include "addon/overflow.h"
#include "addon/ranges.h"

namespace gradtape {

namespace {

/// How far strided accesses extend from the first element, in both directions.
struct Reach {
  int64_t low = 0, high = 0;
  /// False on overflow.
  bool add(int64_t dim, int64_t stride) {
    int64_t far = 0;
    if (__builtin_mul_overflow(dim - 1, stride, &far)) return false;
    int64_t& side = far < 0 ? low : high;
    return !__builtin_add_overflow(side, far, &side);
  }
};

/// The address of a strided range's first element, after a check that the whole range, gaps included, lies
/// within the buffer.
char* strided(Call& call, int buffer, int at, const Reach& reach, int64_t size, Use use) {
  int64_t start = 0, count = 0;
  if (__builtin_add_overflow(call.integer(at), reach.low, &start) ||
      __builtin_mul_overflow(start, size, &start) ||
      __builtin_add_overflow(call.integer(buffer), start, &start) ||
      __builtin_sub_overflow(reach.high, reach.low, &count) || __builtin_add_overflow(count, 1, &count)) {
    call.fail("the shape is too large");
    return nullptr;
  }
  char* first = static_cast<char*>(call.take(static_cast<unsigned>(buffer), start, count, size, use));
  return first == nullptr ? nullptr : first - reach.low * size;
}

/// The logarithm of the element size in a slot.
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

}  // namespace

/// Copies elements of `size` bytes. `src_at` and `dst_at` are the positions of the elements with all indices
/// 0; they and the strides are in elements. Strides may be negative, those of the source also 0.
GT_ENTRY(Copy, (src, dst), size, src_at, dst_at, ndim, GT_LIST(dims, kMaxDims),
         GT_LIST(src_strides, kMaxDims), GT_LIST(dst_strides, kMaxDims)) {
  const int log_size = log_of_size(call, Copy::size);
  const int64_t size = int64_t{1} << log_size;
  CopyLayout layout;  // filled up to ndim: clearing it all takes longer than a small copy
  layout.ndim = static_cast<int>(call.index(Copy::ndim, kMaxDims + 1, "too many dimensions"));
  Reach src_reach, dst_reach;
  int64_t n = 1;
  bool empty = false;
  for (int d = 0; call.ok() && d < layout.ndim; d++) {
    const int64_t dim = call.index(Copy::dims + d, kIntegers, "a dimension is negative");
    const int64_t src_stride = call.integer(Copy::src_strides + d);
    const int64_t dst_stride = call.integer(Copy::dst_strides + d);
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
  if (!call.ok() || empty) return;
  const char* src = strided(call, Copy::src, Copy::src_at, src_reach, size, kReads);
  char* dst = strided(call, Copy::dst, Copy::dst_at, dst_reach, size, kWrites);
  if (!call.ok()) return;
  if (n > dst_reach.high - dst_reach.low + 1) {
    call.fail("elements of the destination coincide");
    return;
  }
  run_copy(src, dst, layout, log_size);
}

/// Concatenates parts along columns, or splits (`to_parts`): each part is a range of columns of `whole`, one
/// after the other from column `begin` on. The further buffers are the parts, or one that all parts lie in
/// (`together`). The list has the offset and the number of columns of each part.
GT_VARIADIC_ENTRY(Parts, (whole), size, rows, columns, begin, GT_FLAG(to_parts), GT_FLAG(together), count,
                  GT_LIST(parts, 504)) {
  constexpr int kMost = (Parts::parts_last + 1 - Parts::parts) / 2;
  const int log_size = log_of_size(call, Parts::size);
  const int64_t size = int64_t{1} << log_size;
  const int64_t rows = call.index(Parts::rows, kIntegers, "a dimension is negative");
  const int64_t columns = call.index(Parts::columns, kIntegers, "a dimension is negative");
  const int64_t begin = call.index(Parts::begin, columns + 1, "a part exceeds the columns of the whole");
  const bool reads = call.flag(Parts::to_parts), together = call.flag(Parts::together);
  const int count = static_cast<int>(call.index(Parts::count, kMost + 1, "too many parts"));
  int64_t n = rows;
  if (!multiply_into(&n, columns)) call.fail("the shape is too large");
  char* whole = static_cast<char*>(reads ? const_cast<void*>(call.read(Parts::whole, n, size))
                                         : call.write(Parts::whole, n, size));
  char* parts[kMost];
  int64_t widths[kMost];
  int64_t rest = columns - begin;
  WrittenRanges<kMost> written;  // the parts, when splitting
  for (int i = 0; call.ok() && i < count; i++) {
    const int slot = Parts::parts + 2 * i;
    widths[i] = call.index(slot + 1, rest + 1, "a part exceeds the columns of the whole");
    rest -= widths[i];
    const int64_t part_size = rows * widths[i];
    parts[i] = static_cast<char*>(
        call.range(Parts::kBuffers + (together ? 0 : i), call.integer(slot), part_size, size));
    if (parts[i] == nullptr) continue;
    if (overlap(whole, n * size, parts[i], part_size * size)) call.fail(kOverlap);
    if (reads) written.add(parts[i], part_size * size);
  }
  if (!written.disjoint()) call.fail(kOverlap);
  if (!call.ok() || n == 0) return;
  char* at = whole + begin * size;
  for (int i = 0; i < count; i++) {
    if (parts[i] == nullptr) continue;
    if (reads) {
      run_copy_rows(at, columns, parts[i], widths[i], rows, widths[i], log_size);
    } else {
      run_copy_rows(parts[i], widths[i], at, columns, rows, widths[i], log_size);
    }
    at += widths[i] * size;
  }
}

}  // namespace gradtape
