// Reductions, and positions of extreme elements.
#include <string.h>

#include "addon/entries/elementwise_ops.h"
#include "addon/entries/shape_args.h"
#include "addon/entry.h"
#include "runtime/convert/converted.h"
#include "runtime/dispatch/dispatch.h"
#include "runtime/elementwise/elementwise.h"
#include "runtime/reduce/reduce.h"

namespace gradtape {

namespace {

/// The numbers of a reduction. Its dimensions are alternately kept and reduced; the first is kept, and has
/// size 1 if the reduction begins with a reduced one.
GT_GROUP(ReductionNumbers, op, dtype, ndim, GT_LIST(dims, kMaxDims + 1))

/// `in` and `out` are numbers of elements.
struct Reduction {
  int op, dtype;
  ReduceLayout layout = {};
  int64_t in = 1, out = 1;
  Reduction(Call& call, int first)
      : op(static_cast<int>(
            call.index(first + ReductionNumbers::op, kernels().reduce.count, "no such reduction"))),
        dtype(call.dtype(first + ReductionNumbers::dtype)) {
    int ndim =
        static_cast<int>(call.index(first + ReductionNumbers::ndim, kMaxDims + 2, "too many dimensions"));
    int slot = first + ReductionNumbers::dims;
    if (ndim > 0 && call.number(slot) == 1) {
      layout.first_reduced = true;
      slot++;
      ndim--;
    }
    if (ndim > kMaxDims) call.fail("too many dimensions");
    if (!call.ok()) return;
    layout.ndim = ndim;
    int64_t product = 1;
    for (int d = 0; call.ok() && d < layout.ndim; d++) {
      layout.dims[d] = dimension(call, slot + d, &product);
      in *= layout.dims[d];
      if (!layout.reduced(d)) out *= layout.dims[d];
    }
    if (kernels().reduce[op].rows[dtype] == nullptr) call.fail("the reduction does not exist for this dtype");
  }
  bool run(const void* x, void* y) const { return run_reduce(kernels().reduce.ops, op, dtype, x, y, layout); }
};

/// Entries that fuse several kernels for small x: intermediate results are on the stack.
constexpr int64_t kSmallBytes = 8192;

/// The reduction of a small x to its own dtype, and the layout for broadcasting the result over x.
struct SmallReduction : Reduction {
  int64_t size;
  BroadcastLayout layout_of_both;
  SmallReduction(Call& call, int first) : Reduction(call, first), size(dtype_size(dtype)) {
    if (in > kSmallBytes / size) call.fail("x is too large");
    if (kernels().reduce[op].out_dtype >= 0) call.fail("the reduction changes the dtype");
    BroadcastLayout& both = layout_of_both;
    both.ndim = layout.ndim > 0 ? layout.ndim : 1;
    both.dims[0] = both.a_strides[0] = both.b_strides[0] = 1;
    if (!call.ok()) return;
    int64_t whole = 1, kept = 1;
    for (int d = layout.ndim - 1; d >= 0; d--) {
      const bool reduced = layout.reduced(d);
      both.dims[d] = layout.dims[d];
      both.a_strides[d] = whole;
      both.b_strides[d] = reduced ? 0 : kept;
      whole *= layout.dims[d];
      if (!reduced) kept *= layout.dims[d];
    }
  }
  /// y = op(x, the result of the reduction).
  void with(const BinaryEntry& binary, const void* x, const void* reduced, void* y) const {
    run_binary_broadcast(binary.fn[dtype], x, reduced, y, layout_of_both, size, size, binary.cost[dtype]);
  }
};

}  // namespace

/// y = the reduction of x.
GT_ENTRY(Reduce, (x, y), GT_PART(reduction, ReductionNumbers)) {
  const Reduction r(call, Reduce::reduction);
  const int out_dtype = kernels().reduce[r.op].out_dtype;
  const void* x = call.read(Reduce::x, r.in, dtype_size(r.dtype));
  void* y = call.write(Reduce::y, r.out, dtype_size(out_dtype < 0 ? r.dtype : out_dtype));
  if (call.ok() && !r.run(x, y)) call.fail(kNoMemory);
}

/// mean = the reduction (a mean) of a small x; variance = the same reduction of `difference`(x, mean), a
/// binary op; if `rooted`, the unary op `root` is applied to it. variance may be the memory of mean, which is
/// lost then.
GT_ENTRY(Moments, (x, mean, variance), GT_PART(reduction, ReductionNumbers), difference, GT_FLAG(rooted),
         root) {
  const SmallReduction r(call, Moments::reduction);
  const BinaryEntry& difference = binary_of(call, Moments::difference, r.dtype);
  const bool rooted = call.flag(Moments::rooted);
  const UnaryEntry& root = unary_of(call, Moments::root, r.dtype);
  const void* x = call.read(Moments::x, r.in, r.size);
  void* mean = call.write(Moments::mean, r.out, r.size);
  void* variance = call.write(Moments::variance, r.out, r.size, in_place_of(Moments::mean));
  if (!call.ok() || r.in == 0) return;
  alignas(64) char between[kSmallBytes];
  bool done = r.run(x, mean);
  if (done) {
    r.with(difference, x, mean, between);
    done = r.run(between, variance);
  }
  if (!done) {
    call.fail(kNoMemory);
  } else if (rooted) {
    run(root, r.dtype, r.size, variance, variance, r.out);
  }
}

/// y = times(x, root(most(the reduction of square(x), epsilon))) for a small x; square and root are numbers
/// of unary ops, most and times of binary ones.
GT_ENTRY(Normalize, (x, y), GT_PART(reduction, ReductionNumbers), square, root, most, times, epsilon) {
  const SmallReduction r(call, Normalize::reduction);
  const UnaryEntry& square = unary_of(call, Normalize::square, r.dtype);
  const UnaryEntry& root = unary_of(call, Normalize::root, r.dtype);
  const BinaryEntry& most = binary_of(call, Normalize::most, r.dtype);
  const BinaryEntry& times = binary_of(call, Normalize::times, r.dtype);
  const double epsilon = call.number(Normalize::epsilon);
  const void* x = call.read(Normalize::x, r.in, r.size);
  void* y = call.write(Normalize::y, r.in, r.size);
  if (!is_kind(r.dtype, kFloating)) call.fail("the dtype is not floating");
  if (!call.ok() || r.in == 0) return;
  alignas(64) char squares[kSmallBytes], sums[kSmallBytes];
  const Element least(r.dtype, epsilon);
  run(square, r.dtype, r.size, x, squares, r.in);
  if (!r.run(squares, sums)) {
    call.fail(kNoMemory);
    return;
  }
  run(most, r.dtype, r.size, sums, least.data(), sums, r.out, kVecScalar);
  run(root, r.dtype, r.size, sums, sums, r.out);
  r.with(times, x, sums, y);
}

/// The positions of extreme elements: x is [outer, n, inner], y [outer, inner] of int32; 1 ≤ n < 2³¹.
GT_ENTRY(ArgReduce, (x, y), op, dtype, outer, n, inner) {
  const KernelTable& table = kernels();
  const ArgReduceEntry& entry =
      table.arg_reduce[call.index(ArgReduce::op, table.arg_reduce.count, "no such reduction")];
  const int dtype = call.dtype(ArgReduce::dtype);
  int64_t product = 1;
  const int64_t outer = dimension(call, ArgReduce::outer, &product);
  const int64_t n = dimension(call, ArgReduce::n, &product);
  const int64_t inner = dimension(call, ArgReduce::inner, &product);
  if (n < 1 || n > INT32_MAX) call.fail("the reduced axis is empty or too long");
  if (!call.ok()) return;
  const void* x = call.read(ArgReduce::x, outer * n * inner, dtype_size(dtype));
  void* y = call.write(ArgReduce::y, outer * inner, 4);
  if (!call.ok() || y == nullptr) return;
  Converted c(dtype, ordered_dtype(dtype));
  x = c.in(x, outer * n * inner);
  if (!c.ok()) return call.fail(kNoMemory);
  run_argreduce(entry, c.dtype(), x, static_cast<int32_t*>(y), outer, n, inner);
}

}  // namespace gradtape
