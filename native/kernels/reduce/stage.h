// Reductions as the last stage of a register-fused pipeline, with the results of fold.h.
#pragma once
#include "kernels/pipeline/stage.h"
#include "kernels/reduce/fold.h"

namespace {

using gradtape::ReduceStages;

/// The state of a reduction stage: the accumulators of fold_block, and that of the elements after the last
/// full vector (`rest` in fold_row).
template <class E>
struct ReduceState {
  E sums[kBlockLanes<E>];
  E rest;
};
static_assert(kAccumulators == kBlockVectors && kBlock == gradtape::kMaxReduceStage);

template <class Op, class T>
void begin_stage(void* state) noexcept {
  ReduceState<T>* const s = static_cast<ReduceState<T>*>(state);
  for (int i = 0; i < kBlockLanes<T>; i++) s->sums[i] = Op::template identity<T>();
  s->rest = Op::template identity<T>();
}
template <class Op, class T>
void end_stage(const void* state, void* y) noexcept {
  const ReduceState<T>* const s = static_cast<const ReduceState<T>*>(state);
  Vec<T> acc[kAccumulators];
  GT_UNROLL
  for (int k = 0; k < kAccumulators; k++) acc[k] = load(s->sums + k * kLanes<T>);
  join_all<Op, T, kAccumulators>(acc);
  *static_cast<T*>(y) = Op::template join<T>(across<Op, T>(acc[0]), s->rest);
}
template <class Op, class T>
void reduce_stage(GT_STAGE_PARAMETERS) noexcept {
  T* const sums = reinterpret_cast<ReduceState<T>*>(stage->p)->sums;
  GT_STAGE_EACH((store(sums + i, Op::template join<T>(load(sums + i), Op::map(v))), v))
  GT_STAGE_NEXT;
}
template <class Op, class T>
void reduce_rest_stage(GT_STAGE_PARAMETERS) noexcept {
  ReduceState<T>* const s = reinterpret_cast<ReduceState<T>*>(stage->p);
  T block[kBlockLanes<T>];
  GT_STAGE_EACH((store(block + i, v), v))
  const int64_t n = stage->advance;
  Vec<T> sum = load(s->sums);
  int64_t j = 0;
  for (; j + kLanes<T> <= n; j += kLanes<T>) sum = Op::template join<T>(sum, Op::map(load(block + j)));
  store(s->sums, sum);
  T rest = Op::template identity<T>();
  for (; j < n; j++) rest = Op::template join<T>(rest, static_cast<T>(Op::map(block[j])));
  s->rest = rest;
  GT_STAGE_NEXT;
}
template <class Op, class T>
constexpr ReduceStages stages_of() {
  return {[](bool whole) noexcept {
            return stage_fn<T>(whole ? &reduce_stage<Op, T> : &reduce_rest_stage<Op, T>);
          },
          &begin_stage<Op, T>, &end_stage<Op, T>};
}
template <class Op, class T>
constexpr ReduceStages kReduceStages = stages_of<Op, T>();

/// Sums of squares have none: where a compiler contracts the addition, rounding depends on the surrounding
/// loop.
template <class Op, class T>
inline constexpr bool has_stage = Op::template has<T> && is_real<T> && !__is_same(Op, SumSquare);

}  // namespace
