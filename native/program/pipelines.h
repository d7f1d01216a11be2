// Register-fused pipelines: consecutive steps of a group are applied to one block of elements at a time,
// which stays in registers (kernels/pipeline/stage.h). Intermediate values that only the pipeline reads are
// at most stored to a block in L1. Results are bitwise those of executing the steps one by one.
#pragma once
#include <stddef.h>

#include <vector>

#include "program/tile_group.h"

namespace gradtape {

/// A value that the stages of a pipeline read or write in memory.
struct PipelineValue {
  enum Kind {
    kRead,   // a value from before the pipeline
    kWrite,  // a value that is read after it
    kSlot,   // an intermediate value: a buffer of one block
    kState,  // the state of a reduction
  };
  Kind kind;
  int value;  // index in the group
  int step;   // that writes it, or −1
  bool one;   // a single element for the whole tile
  int stage;  // the first one that uses it
};

/// A stage, and the value that is its memory operand (an index into Pipeline::values).
struct StageOperand {
  int stage, operand;
};

/// A stage whose memory operand has a different address in each tile.
struct TileOperand {
  int stage, value;
  bool writes;
};

/// A reduction: the value that holds its state, and the step.
struct ReductionState {
  int place, step;
  const ReduceStages* stages;
};

struct Pipeline {
  int first, end;  // steps of the group
  int dtype;
  std::vector<PipelineValue> values;
  std::vector<Stage> stages;       // without operand addresses
  std::vector<StageFn> rest;       // the same stages for a partial block
  std::vector<StageOperand> uses;  // of all values; `own`: of intermediate values and states
  std::vector<StageOperand> own;
  std::vector<StageOperand> ones;   // of single elements
  std::vector<StageOperand> reads;  // first uses of values that advance with the elements
  std::vector<StageOperand> writes;
  std::vector<TileOperand> tile_operands;
  std::vector<ReductionState> states;
};

/// A step has at most a load, its op and a store, and each pipeline has an end.
inline constexpr int kMaxPipelineStages = 4 * kMaxTileSteps;

/// The bytes of each value in a thread's scratch memory.
int64_t pipeline_value_bytes(const KernelTable& table);

/// The pipelines of a group, in order.
std::vector<Pipeline> plan_pipelines(const KernelTable& table, const TileGroup& g, const GroupTiling& c);

/// A thread's copy of the stages of pipelines: for whole blocks, and for the partial block after the last
/// whole one. The scratch memory of the values is contiguous, at `own`.
struct StageBuffers {
  Stage* whole;
  Stage* rest;
  char* own;
};
/// Fills in the stages of all pipelines in order, except the addresses of tile operands. Pipelines share the
/// scratch memory at `own`.
void prepare_pipelines(const KernelTable& table, const std::vector<Pipeline>& pipelines, StageBuffers stages);

/// Runs a pipeline over n elements. The caller has set the addresses of its tile operands in `whole`.
void run_pipeline(const KernelTable& table, const Pipeline& pipeline, const StageBuffers& stages, int64_t n);

}  // namespace gradtape
