// Entries of the reducing families and of random numbers.
#include <string.h>

#include "../runtime/converted.h"
#include "../runtime/dispatch.h"
#include "../runtime/elementwise.h"
#include "../runtime/reduce.h"
#include "entries.h"
#include "names.h"
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

/// What a reduction's frame says from slot 2 on: op, dtype, ndim, 1 if the first dimension is reduced (else
/// 0), dims. The dimensions are alternately kept and reduced. `in` and `out` count elements.
struct Reduction {
  int op, dtype;
  ReduceLayout layout = {};
  int64_t in = 1, out = 1;
  explicit Reduction(Call& call)
      : op(static_cast<int>(call.index(2, kernels().reduce_count, "no such reduction"))),
        dtype(static_cast<int>(call.index(3, kDTypes, "no such dtype"))) {
    layout.ndim = static_cast<int>(call.index(4, kMaxDims + 1, "too many dimensions"));
    layout.first_reduced = call.number(5) != 0;
    int64_t product = 1;
    for (int d = 0; call.ok() && d < layout.ndim; d++) {
      layout.dims[d] = dimension(call, 6 + d, &product);
      in *= layout.dims[d];
      if (!layout.reduced(d)) out *= layout.dims[d];
    }
    if (kernels().reduce[op].rows[dtype] == nullptr) call.fail("the reduction does not exist for this dtype");
  }
  bool run(const void* x, void* y) const { return run_reduce(kernels().reduce, op, dtype, x, y, layout); }
};

/// reduce(x, y); frame: x offset, y offset, then see Reduction.
napi_value reduce(napi_env env, napi_callback_info info) {
  Call call(env, info, 2);
  const Reduction r(call);
  const int out_dtype = kernels().reduce[r.op].out_dtype;
  const void* x = call.read(0, 0, r.in, dtype_size(r.dtype));
  void* y = call.write(1, 1, r.out, dtype_size(out_dtype < 0 ? r.dtype : out_dtype));
  if (call.ok() && !r.run(x, y)) call.fail(kNoMemory);
  return nullptr;
}

/// Several kernels in one call, for small x: what lies between is on the stack. Their frames go on behind the
/// dimensions of a reduction.
constexpr int kMoreSlots = 6 + kMaxDims;
constexpr int64_t kSmallBytes = 8192;

/// The reduction of a small x to its own dtype, and how x and the result are walked beside each other.
struct SmallReduction : Reduction {
  int64_t size;
  BroadcastLayout layout_of_both;
  explicit SmallReduction(Call& call) : Reduction(call), size(dtype_size(dtype)) {
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

/// moments(x, mean, variance): the reduction (a mean) of x, and that of `op`(x, mean), a binary op; where
/// asked for, a unary op of that. variance may be where mean is, which is lost then. Frame: x offset, mean
/// offset, then see Reduction; from kMoreSlots on: variance offset, binary op, whether there is a unary op,
/// that op.
napi_value moments(napi_env env, napi_callback_info info) {
  Call call(env, info, 3);
  const SmallReduction r(call);
  const BinaryEntry& op = binary_of(call, kMoreSlots + 1, r.dtype);
  const bool more = call.index(kMoreSlots + 2, 2, "a flag is neither 0 nor 1") != 0;
  const UnaryEntry& last = unary_of(call, kMoreSlots + 3, r.dtype);
  const void* x = call.read(0, 0, r.in, r.size);
  void* mean = call.write(1, 1, r.out, r.size);
  void* variance = call.write(2, kMoreSlots, r.out, r.size, in_place_of(1));
  if (!call.ok() || r.in == 0) return nullptr;
  alignas(64) char between[kSmallBytes];
  bool done = r.run(x, mean);
  if (done) {
    r.with(op, x, mean, between);
    done = r.run(between, variance);
  }
  if (!done) {
    call.fail(kNoMemory);
  } else if (more) {
    run(last, r.dtype, r.size, variance, variance, r.out);
  }
  return nullptr;
}

/// normalize(x, y): y = times(x, root(most(reduction of square(x), epsilon))). Frame: x offset, y offset,
/// then see Reduction; from kMoreSlots on: the unary ops square and root, the binary ops most and times,
/// epsilon.
napi_value normalize(napi_env env, napi_callback_info info) {
  Call call(env, info, 2);
  const SmallReduction r(call);
  const UnaryEntry& square = unary_of(call, kMoreSlots, r.dtype);
  const UnaryEntry& root = unary_of(call, kMoreSlots + 1, r.dtype);
  const BinaryEntry& most = binary_of(call, kMoreSlots + 2, r.dtype);
  const BinaryEntry& times = binary_of(call, kMoreSlots + 3, r.dtype);
  const double epsilon = call.number(kMoreSlots + 4);
  const void* x = call.read(0, 0, r.in, r.size);
  void* y = call.write(1, 1, r.in, r.size);
  if (!is_kind(r.dtype, kFloating)) call.fail("the dtype is not floating");
  if (!call.ok() || r.in == 0) return nullptr;
  alignas(64) char squares[kSmallBytes], sums[kSmallBytes];
  const Element least(r.dtype, epsilon);
  run(square, r.dtype, r.size, x, squares, r.in);
  if (!r.run(squares, sums)) {
    call.fail(kNoMemory);
    return nullptr;
  }
  run(most, r.dtype, r.size, sums, least.data(), sums, r.out, kVecScalar);
  run(root, r.dtype, r.size, sums, sums, r.out);
  r.with(times, x, sums, y);
  return nullptr;
}

/// argReduce(x, y); frame: x offset, y offset, op, dtype, outer, n, inner. x is [outer, n, inner], y [outer,
/// inner] of int32; 1 ≤ n < 2³¹.
napi_value arg_reduce(napi_env env, napi_callback_info info) {
  Call call(env, info, 2);
  const KernelTable& table = kernels();
  const ArgReduceEntry& entry = table.argreduce[call.index(2, table.argreduce_count, "no such reduction")];
  const int dtype = static_cast<int>(call.index(3, kDTypes, "no such dtype"));
  int64_t product = 1;
  const int64_t outer = dimension(call, 4, &product);
  const int64_t n = dimension(call, 5, &product);
  const int64_t inner = dimension(call, 6, &product);
  if (n < 1 || n > INT32_MAX) call.fail("the reduced axis is empty or too long");
  if (!call.ok()) return nullptr;
  const void* x = call.read(0, 0, outer * n * inner, dtype_size(dtype));
  void* y = call.write(1, 1, outer * inner, 4);
  if (!call.ok() || y == nullptr) return nullptr;
  Converted c(dtype, ordered_dtype(dtype));
  x = c.in(x, outer * n * inner);
  if (!c.ok()) return call.fail(kNoMemory), nullptr;
  run_argreduce(entry, c.dtype(), x, static_cast<int32_t*>(y), outer, n, inner);
  return nullptr;
}

/// scan(x, y); frame: x offset, y offset, op, dtype, outer, n, inner, exclusive, reverse.
napi_value scan(napi_env env, napi_callback_info info) {
  Call call(env, info, 2);
  const KernelTable& table = kernels();
  const ScanEntry& entry = table.scan[call.index(2, table.scan_count, "no such scan")];
  const int dtype = call.dtype(3, kNumeric);
  int64_t product = 1;
  const int64_t outer = dimension(call, 4, &product);
  const int64_t n = dimension(call, 5, &product);
  const int64_t inner = dimension(call, 6, &product);
  if (!call.ok()) return nullptr;
  const void* x = call.read(0, 0, outer * n * inner, dtype_size(dtype));
  void* y = call.write(1, 1, outer * n * inner, dtype_size(dtype));
  if (!call.ok() || y == nullptr) return nullptr;
  // Integers have a kernel for each width; 16-bit floats are summed up in float32.
  Converted c(dtype, is_kind(dtype, kFloating) ? compute_dtype(dtype) : dtype);
  x = c.in(x, outer * n * inner), y = c.out(y, outer * n * inner);
  if (!c.ok()) return call.fail(kNoMemory), nullptr;
  run_scan(entry, c.dtype(), x, y, outer, n, inner, call.number(7) != 0, call.number(8) != 0);
  c.finish();
  return nullptr;
}

/// recurrence(a, b, y); frame: a offset, b offset, y offset, dtype, outer, n, inner, exclusive, reverse.
napi_value recurrence(napi_env env, napi_callback_info info) {
  Call call(env, info, 3);
  const int dtype = call.dtype(3, kFloating);
  int64_t product = 1;
  const int64_t outer = dimension(call, 4, &product);
  const int64_t n = dimension(call, 5, &product);
  const int64_t inner = dimension(call, 6, &product);
  if (!call.ok()) return nullptr;
  const int64_t size = dtype_size(dtype), count = outer * n * inner;
  const void* a = call.read(0, 0, count, size);
  const void* b = call.read(1, 1, count, size);
  void* y = call.write(2, 2, count, size);
  if (!call.ok() || y == nullptr) return nullptr;
  Converted c(dtype, compute_dtype(dtype));
  a = c.in(a, count), b = c.in(b, count), y = c.out(y, count);
  if (!c.ok()) return call.fail(kNoMemory), nullptr;
  run_recurrence(kernels().recurrence[c.dtype()], c.size(), a, b, y, outer, n, inner, call.number(7) != 0,
                 call.number(8) != 0);
  c.finish();
  return nullptr;
}

/// random(y); frame: y offset, n, distribution, dtype; two words of key, four of counter, two each of the
/// lowest value and of the number of values (for integers; not 0), low first, each in [0, 2³²); the
/// distribution that scrambles the stream, −1 for none; for floats then twice a binary op, −1 for none, and
/// its right operand: what becomes of the numbers.
napi_value random(napi_env env, napi_callback_info info) {
  Call call(env, info, 1);
  const KernelTable& table = kernels();
  const int64_t n = call.integer(1);
  const RandomEntry& entry = table.random[call.index(2, table.random_count, "no such distribution")];
  const int dtype = static_cast<int>(call.index(3, kDTypes, "no such dtype"));
  constexpr int64_t kWord = int64_t{1} << 32;
  int64_t words[10];
  if (!call.indexes(4, 10, kWord, words)) call.fail("a number of the stream is no word");
  RandomArgs args = {};
  for (int i = 0; i < 2; i++) args.key[i] = static_cast<uint32_t>(words[i]);
  for (int i = 0; i < 4; i++) args.counter[i] = static_cast<uint32_t>(words[2 + i]);
  args.lo = static_cast<int64_t>(static_cast<uint64_t>(words[7]) << 32 | static_cast<uint64_t>(words[6]));
  args.range = static_cast<uint64_t>(words[9]) << 32 | static_cast<uint64_t>(words[8]);
  // A range of integers of 4 bytes is used modulo 2³².
  if (args.range == 0 || (dtype_size(dtype) == 4 && static_cast<uint32_t>(args.range) == 0)) {
    args.range = 1;
  }
  RandomFn scrambler = nullptr;
  if (call.number(14) >= 0) {
    scrambler = table.random[call.index(14, table.random_count, "no such distribution")]
                    .fn[static_cast<int>(DType::kInt32)];
    if (scrambler == nullptr) call.fail("the distribution has no words");
  }
  RandomSteps steps = {};
  for (int i = 0; i < RandomSteps::kCount; i++) {
    const int slot = 15 + 2 * i;
    if (call.number(slot) < 0) continue;
    steps.fn[i] =
        table.binary[call.index(slot, table.binary_count, "no such binary op")].fn[dtype][kVecScalar];
    steps.operand[i] = call.number(slot + 1);
    if (!is_kind(dtype, kFloating) || steps.fn[i] == nullptr) call.fail("only floats are computed with");
  }
  void* y = call.write(0, 0, n, dtype_size(dtype));
  if (entry.fn[dtype] == nullptr) call.fail("the distribution does not exist for this dtype");
  if (!call.ok() || y == nullptr) return nullptr;
  if (scrambler != nullptr) scramble(scrambler, &args);
  run_random(entry.fn[dtype], args, steps, dtype, y, n);
  return nullptr;
}

}  // namespace

void define_reduce(Napi::Object exports, Instance* instance) {
  define_entry(exports, "reduce", reduce, instance);
  define_entry(exports, "moments", moments, instance);
  define_entry(exports, "normalize", normalize, instance);
  define_entry(exports, "argReduce", arg_reduce, instance);
  define_entry(exports, "scan", scan, instance);
  define_entry(exports, "recurrence", recurrence, instance);
  define_entry(exports, "random", random, instance);
  const KernelTable& table = kernels();
  define_names(exports, "reduceNames", table.reduce, table.reduce_count);
  define_names(exports, "argReduceNames", table.argreduce, table.argreduce_count);
  define_names(exports, "scanNames", table.scan, table.scan_count);
  define_names(exports, "randomNames", table.random, table.random_count);
}

}  // namespace gradtape
