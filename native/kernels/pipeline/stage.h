// Stages of register-fused pipelines. A stage is a function that applies one op to the vectors of a block. It
// gets them in registers and ends by calling the next stage with them, which compilers turn into a jump. So a
// pipeline of elementwise ops reads its operands once, writes its results once, and passes no intermediate
// result through memory.
#pragma once
#include "kernels/simd/unroll.h"
#include "kernels/simd/vec.h"
#include "kernels/table.h"

namespace {

using gradtape::Stage;
using gradtape::StageFn;

/// Vectors of a block: as many as calling conventions pass in registers, and as reductions have accumulators.
inline constexpr int kBlockVectors = 8;
template <class T>
inline constexpr int kBlockLanes = kBlockVectors * kLanes<T>;

template <class T>
using StageOf = void (*)(const Stage* stage, int64_t at, Vec<T> v0, Vec<T> v1, Vec<T> v2, Vec<T> v3,
                         Vec<T> v4, Vec<T> v5, Vec<T> v6, Vec<T> v7) noexcept;

#define GT_STAGE_PARAMETERS                                                                          \
  [[maybe_unused]] const Stage *stage, [[maybe_unused]] int64_t at, Vec<T> v0, Vec<T> v1, Vec<T> v2, \
      Vec<T> v3, Vec<T> v4, Vec<T> v5, Vec<T> v6, Vec<T> v7
/// v = result, an expression of v; i is the position of its first lane in the block.
#define GT_STAGE_ONE(k, result)                           \
  {                                                       \
    [[maybe_unused]] constexpr int64_t i = k * kLanes<T>; \
    [[maybe_unused]] const Vec<T> v = v##k;               \
    v##k = result;                                        \
  }
#define GT_STAGE_EACH(result) \
  GT_STAGE_ONE(0, result)     \
  GT_STAGE_ONE(1, result)     \
  GT_STAGE_ONE(2, result)     \
  GT_STAGE_ONE(3, result)     \
  GT_STAGE_ONE(4, result)     \
  GT_STAGE_ONE(5, result)     \
  GT_STAGE_ONE(6, result)     \
  GT_STAGE_ONE(7, result)
/// The same as a loop over the first `count` elements.
#define GT_STAGE_LOOP(count, result)                        \
  {                                                         \
    T block[kBlockLanes<T>];                                \
    GT_STAGE_EACH((store(block + i, v), v))                 \
    for (int64_t i = 0, n = count; i < n; i += kLanes<T>) { \
      const Vec<T> v = load(block + i);                     \
      store(block + i, result);                             \
    }                                                       \
    GT_STAGE_EACH(load(block + i))                          \
  }
#define GT_STAGE_NEXT reinterpret_cast<StageOf<T>>(stage[1].fn)(stage + 1, at, v0, v1, v2, v3, v4, v5, v6, v7)

template <class T>
StageFn stage_fn(StageOf<T> f) {
  return reinterpret_cast<StageFn>(f);
}

/// Whether the block is whole. The remaining elements go through a pipeline as a separate block, with `at` =
/// 0; `advance` is their number then.
GT_INLINE bool is_whole(const Stage* stage) { return stage->advance <= 0; }

/// The stage's memory operand for the block at byte offset `at`.
template <class T>
GT_INLINE T* operand_of(const Stage* stage, int64_t at) {
  return reinterpret_cast<T*>(stage->p + (at & stage->advance));
}

}  // namespace
