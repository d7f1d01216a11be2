// The stages that are not ops (loads and stores), and the loop that runs a pipeline.
#include "kernels/element_types.h"
#include "kernels/pipeline/stage.h"

namespace {

template <class T>
void load_stage(GT_STAGE_PARAMETERS) noexcept {
  const T* const p = operand_of<T>(stage, at);
  GT_STAGE_EACH(load(p + i))
  GT_STAGE_NEXT;
}
template <class T>
void load_scalar_stage(GT_STAGE_PARAMETERS) noexcept {
  const Vec<T> one = splat(*operand_of<T>(stage, at));
  GT_STAGE_EACH(one)
  GT_STAGE_NEXT;
}
template <class T>
void store_stage(GT_STAGE_PARAMETERS) noexcept {
  T* const p = operand_of<T>(stage, at);
  GT_STAGE_EACH((store(p + i, v), v))
  GT_STAGE_NEXT;
}
template <class T>
void end_stage(const Stage*, int64_t, Vec<T>, Vec<T>, Vec<T>, Vec<T>, Vec<T>, Vec<T>, Vec<T>,
               Vec<T>) noexcept {}

template <class T>
void run(const Stage* stages, int64_t from, int64_t to) noexcept {
  const StageOf<T> first = reinterpret_cast<StageOf<T>>(stages->fn);
  const Vec<T> none = {};
  for (int64_t at = from; at < to; at += GT_VEC_BYTES * kBlockVectors) {
    first(stages, at, none, none, none, none, none, none, none, none);
  }
}

template <class T>
gradtape::PipelineKernels pipeline() {
  return {GT_VEC_BYTES * kBlockVectors, stage_fn<T>(&load_stage<T>), stage_fn<T>(&load_scalar_stage<T>),
          stage_fn<T>(&store_stage<T>), stage_fn<T>(&end_stage<T>),  &run<T>};
}

}  // namespace

/// Functions are null where a dtype has no pipelines.
GT_FAMILY(pipeline, ByDType<PipelineKernels> pipeline) {
  table.pipeline = by_dtype<gradtape::PipelineKernels>([]<class T>() -> gradtape::PipelineKernels {
    if constexpr (is_real<T>) {
      return pipeline<T>();
    } else {
      return {};
    }
  });
}
