// Entries of the reducing families and of random numbers.
#include <string.h>

#include "../runtime/converted.h"
#include "../runtime/dispatch.h"
#include "../runtime/elementwise.h"
#include "../runtime/reduce.h"
#include "entry.h"
#include "table_call.h"

namespace gradtape {

namespace {

/// A dimension; the product of those that are not 0 must not overflow either, so that no later product can.
/// 0 after a failure.
int64_t dimension(Call& call, int slot, int64_t* product) {
  const int64_t d = call.index(slot, int64_t{1} << 53, "a dimension is negative");
  if (d == 0 || (!__builtin_mul_overflow(*product, d, product) && *product <= (int64_t{1} << 53))) return d;
  call.fail("the shape is too large");
  return 0;
}

/// Of a reduction. Its dimensions are alternately kept and reduced; the first is kept, of size 1 where the
/// reduction begins with a reduced one.
GT_GROUP(ReductionNumbers, op, dtype, ndim, GT_LIST(dims, kMaxDims + 1))

/// `in` and `out` count elements.
struct Reduction {
  int op, dtype;
  ReduceLayout layout = {};
  int64_t in = 1, out = 1;
  Reduction(Call& call, int first)
      : op(static_cast<int>(
            call.index(first + ReductionNumbers::op, kernels().reduce_count, "no such reduction"))),
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
  bool run(const void* x, void* y) const { return run_reduce(kernels().reduce, op, dtype, x, y, layout); }
};

/// Several kernels in one call, for small x: what lies between is on the stack.
constexpr int64_t kSmallBytes = 8192;

/// The reduction of a small x to its own dtype, and how x and the result are walked beside each other.
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

/// mean = the reduction (a mean) of a small x, and variance that of `difference`(x, mean), a binary op;
/// rooted, the unary op `root` of that. variance may be where mean is, which is lost then.
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

/// y = times(x, root(most(the reduction of square(x), epsilon))) of a small x: unary ops square and root,
/// binary ops most and times.
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

/// The positions of extremes: x is [outer, n, inner], y [outer, inner] of int32; 1 ≤ n < 2³¹.
GT_ENTRY(ArgReduce, (x, y), op, dtype, outer, n, inner) {
  const KernelTable& table = kernels();
  const ArgReduceEntry& entry =
      table.argreduce[call.index(ArgReduce::op, table.argreduce_count, "no such reduction")];
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

/// Running sums or products along n: x and y are [outer, n, inner].
GT_ENTRY(Scan, (x, y), op, dtype, outer, n, inner, GT_FLAG(exclusive), GT_FLAG(reverse)) {
  const KernelTable& table = kernels();
  const ScanEntry& entry = table.scan[call.index(Scan::op, table.scan_count, "no such scan")];
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
  // Integers have a kernel for each width; 16-bit floats are summed up in float32.
  Converted c(dtype, is_kind(dtype, kFloating) ? compute_dtype(dtype) : dtype);
  x = c.in(x, outer * n * inner), y = c.out(y, outer * n * inner);
  if (!c.ok()) return call.fail(kNoMemory);
  run_scan(entry, c.dtype(), x, y, outer, n, inner, exclusive, reverse);
  c.finish();
}

/// y = b + a · (the y before), along n: all are [outer, n, inner].
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
  c.finish();
}

/// n numbers of a stream. Lists are words, low first, each in [0, 2³²): the key, the counter, and of integers
/// the lowest value and how many values there are (not 0). `scrambler` is the distribution that scrambles the
/// stream, −1 for none. Floats become shift_op(scale_op(number, scale), shift): binary ops, −1 for none.
GT_ENTRY(Random, (y), n, distribution, dtype, GT_LIST(key, 2), GT_LIST(counter, 4), GT_LIST(low, 2),
         GT_LIST(range, 2), scrambler, scale_op, scale, shift_op, shift) {
  const KernelTable& table = kernels();
  const int64_t n = call.integer(Random::n);
  const RandomEntry& entry =
      table.random[call.index(Random::distribution, table.random_count, "no such distribution")];
  const int dtype = call.dtype(Random::dtype);
  constexpr int64_t kWord = int64_t{1} << 32;
  constexpr int kFrom = Random::key, kWords = Random::scrambler - kFrom;
  int64_t words[kWords];
  if (!call.indexes(kFrom, kWords, kWord, words)) call.fail("a number of the stream is no word");
  const auto word = [&](int slot) { return static_cast<uint64_t>(words[slot - kFrom]); };
  const auto both = [&](int slot) { return word(slot + 1) << 32 | word(slot); };
  RandomArgs args = {};
  for (int i = 0; i < 2; i++) args.key[i] = static_cast<uint32_t>(word(Random::key + i));
  for (int i = 0; i < 4; i++) args.counter[i] = static_cast<uint32_t>(word(Random::counter + i));
  args.lo = static_cast<int64_t>(both(Random::low));
  args.range = both(Random::range);
  // A range of integers of 4 bytes is used modulo 2³².
  if (args.range == 0 || (dtype_size(dtype) == 4 && static_cast<uint32_t>(args.range) == 0)) {
    args.range = 1;
  }
  RandomFn scrambler = nullptr;
  if (call.has(Random::scrambler)) {
    scrambler = table.random[call.index(Random::scrambler, table.random_count, "no such distribution")]
                    .fn[static_cast<int>(DType::kInt32)];
    if (scrambler == nullptr) call.fail("the distribution has no words");
  }
  RandomSteps steps = {};
  constexpr int kOps[] = {Random::scale_op, Random::shift_op};
  constexpr int kOperands[] = {Random::scale, Random::shift};
  for (int i = 0; i < RandomSteps::kCount; i++) {
    if (!call.has(kOps[i])) continue;
    steps.fn[i] =
        table.binary[call.index(kOps[i], table.binary_count, "no such binary op")].fn[dtype][kVecScalar];
    steps.operand[i] = call.number(kOperands[i]);
    if (!is_kind(dtype, kFloating) || steps.fn[i] == nullptr) call.fail("only floats are computed with");
  }
  void* y = call.write(Random::y, n, dtype_size(dtype));
  if (entry.fn[dtype] == nullptr) call.fail("the distribution does not exist for this dtype");
  if (!call.ok() || y == nullptr) return;
  if (scrambler != nullptr) scramble(scrambler, &args);
  run_random(entry.fn[dtype], args, steps, dtype, y, n);
}

}  // namespace gradtape
