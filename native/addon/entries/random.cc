// Random numbers.
#include <cstring>

#include "addon/entry.h"
#include "runtime/dispatch/dispatch.h"
#include "runtime/random/random.h"

namespace gradtape {

/// n numbers of a stream. Lists are 32-bit words, low first: the key, the counter, and for integers the
/// lowest value and the number of values (not 0). `scrambler` is the distribution that scrambles the stream,
/// −1 for none. Floats become shift_op(scale_op(number, scale), shift): binary ops, −1 for none. `seed`, two
/// 64-bit integers, replaces the counter if given.
GT_ENTRY(Random, (GT_OPTIONAL(seed), y), n, distribution, dtype, GT_LIST(key, 2), GT_LIST(counter, 4),
         GT_LIST(low, 2), GT_LIST(range, 2), scrambler, scale_op, scale, shift_op, shift) {
  const KernelTable& table = kernels();
  const int64_t n = call.integer(Random::n);
  const RandomEntry& entry =
      table.random[call.index(Random::distribution, table.random.count, "no such distribution")];
  const int dtype = call.dtype(Random::dtype);
  constexpr int64_t kWord = int64_t{1} << 32;
  constexpr int kFrom = Random::key, kWords = Random::scrambler - kFrom;
  int64_t words[kWords];
  if (!call.indexes(kFrom, kWords, kWord, words)) call.fail("a number of the stream is not a 32-bit word");
  const auto word = [&](int slot) { return static_cast<uint64_t>(words[slot - kFrom]); };
  const auto both = [&](int slot) { return word(slot + 1) << 32 | word(slot); };
  RandomArgs args = {};
  for (int i = 0; i < 2; i++) args.key[i] = static_cast<uint32_t>(word(Random::key + i));
  for (int i = 0; i < 4; i++) args.counter[i] = static_cast<uint32_t>(word(Random::counter + i));
  args.lo = static_cast<int64_t>(both(Random::low));
  args.range = both(Random::range);
  // For integers of 4 bytes the range is taken modulo 2³².
  if (args.range == 0 || (dtype_size(dtype) == 4 && static_cast<uint32_t>(args.range) == 0)) {
    args.range = 1;
  }
  RandomFn scrambler = nullptr;
  if (call.has(Random::scrambler)) {
    scrambler = table.random[call.index(Random::scrambler, table.random.count, "no such distribution")]
                    .fn[static_cast<int>(DType::kInt32)];
    if (scrambler == nullptr) call.fail("the distribution does not exist for int32");
  }
  RandomSteps steps = {};
  constexpr int kOps[] = {Random::scale_op, Random::shift_op};
  constexpr int kOperands[] = {Random::scale, Random::shift};
  for (int i = 0; i < RandomSteps::kCount; i++) {
    if (!call.has(kOps[i])) continue;
    steps.fn[i] =
        table.binary[call.index(kOps[i], table.binary.count, "no such binary op")].fn[dtype][kVecScalar];
    steps.operand[i] = call.number(kOperands[i]);
    if (!is_kind(dtype, kFloating) || steps.fn[i] == nullptr)
      call.fail("only floats can be scaled and shifted");
  }
  const void* seed = call.has(Random::seed) ? call.read(Random::seed, 2, sizeof(int64_t)) : nullptr;
  void* y = call.write(Random::y, n, dtype_size(dtype));
  if (entry.fn[dtype] == nullptr) call.fail("the distribution does not exist for this dtype");
  if (!call.ok() || y == nullptr) return;
  if (seed != nullptr) std::memcpy(args.counter, seed, sizeof args.counter);
  if (scrambler != nullptr) scramble(scrambler, &args);
  run_random(entry.fn[dtype], args, steps, dtype, y, n);
}

}  // namespace gradtape
