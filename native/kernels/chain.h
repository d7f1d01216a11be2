// Links: what the steps of a chain are made of. A link is a function that does one thing to the vectors of a
// block, which it gets and hands on in registers: it ends by calling the next one with them, which compilers
// make a jump. So a chain of elementwise ops reads its operands once, writes its results once, and passes
// nothing between its steps through memory.
#pragma once
#include "simd/unroll.h"
#include "simd/vec.h"
#include "table.h"

namespace {

using gradtape::ChainLink;
using gradtape::LinkFn;

/// Vectors of a block: as many as calling conventions pass in registers, and as reductions have accumulators.
inline constexpr int kBlockVectors = 8;
template <class T>
inline constexpr int kBlockLanes = kBlockVectors * kLanes<T>;

template <class T>
using LinkOf = void (*)(const ChainLink* link, int64_t at, Vec<T> v0, Vec<T> v1, Vec<T> v2, Vec<T> v3,
                        Vec<T> v4, Vec<T> v5, Vec<T> v6, Vec<T> v7) noexcept;

#define GT_LINK_PARAMETERS                                                                              \
  [[maybe_unused]] const ChainLink *link, [[maybe_unused]] int64_t at, Vec<T> v0, Vec<T> v1, Vec<T> v2, \
      Vec<T> v3, Vec<T> v4, Vec<T> v5, Vec<T> v6, Vec<T> v7
/// v = what is computed from it; i is the place of its first lane in the block.
#define GT_LINK_ONE(k, result)                            \
  {                                                       \
    [[maybe_unused]] constexpr int64_t i = k * kLanes<T>; \
    [[maybe_unused]] const Vec<T> v = v##k;               \
    v##k = result;                                        \
  }
#define GT_LINK_EACH(result) \
  GT_LINK_ONE(0, result)     \
  GT_LINK_ONE(1, result)     \
  GT_LINK_ONE(2, result)     \
  GT_LINK_ONE(3, result)     \
  GT_LINK_ONE(4, result)     \
  GT_LINK_ONE(5, result)     \
  GT_LINK_ONE(6, result)     \
  GT_LINK_ONE(7, result)
/// The same as a loop over the first `count` elements.
#define GT_LINK_LOOP(count, result)                         \
  {                                                         \
    T block[kBlockLanes<T>];                                \
    GT_LINK_EACH((store(block + i, v), v))                  \
    for (int64_t i = 0, n = count; i < n; i += kLanes<T>) { \
      const Vec<T> v = load(block + i);                     \
      store(block + i, result);                             \
    }                                                       \
    GT_LINK_EACH(load(block + i))                           \
  }
#define GT_LINK_NEXT reinterpret_cast<LinkOf<T>>(link[1].fn)(link + 1, at, v0, v1, v2, v3, v4, v5, v6, v7)

template <class T>
LinkFn link_fn(LinkOf<T> f) {
  return reinterpret_cast<LinkFn>(f);
}

/// Whether a link is asked for a whole block. Elements that are none go through a chain in blocks of their
/// own, with `at` 0: there `advance` says how many they are.
GT_INLINE bool is_whole(const ChainLink* link) { return link->advance <= 0; }

/// Where a link's own operand stands for the block at byte `at`.
template <class T>
GT_INLINE T* operand_of(const ChainLink* link, int64_t at) {
  return reinterpret_cast<T*>(link->p + (at & link->advance));
}

}  // namespace
