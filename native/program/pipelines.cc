#include "program/pipelines.h"

#include <utility>

namespace gradtape {

namespace {

bool is_one(const TileGroup& g, const GroupTiling& c, int value) {
  const TileSpace space = g.values[value].space;
  return space == TileSpace::kScalar || (space == TileSpace::kPerRow && c.tile_rows == 1);
}

/// The last step before `step` that writes a value; −1 if the value comes from outside the pipeline.
int producer_of(const TileGroup& g, int value, int step) {
  for (int s = step - 1; s >= 0; s--) {
    if (g.steps[s].out == value) return s;
  }
  return -1;
}

bool is_column_step(const TileGroup& g, int step) {
  return g.steps[step].kind == TileOp::kReduce && g.values[g.steps[step].out].space == TileSpace::kPerColumn;
}

/// Finds the pipeline that begins at a step, and emits its stages.
class PipelineBuilder {
 public:
  PipelineBuilder(const KernelTable& table, const TileGroup& g, const GroupTiling& c)
      : table_(table), g_(g), c_(c) {}

  /// False if the pipeline would have fewer than two steps.
  bool build(int first, Pipeline* pipeline) {
    pipeline_ = pipeline;
    *pipeline = {};
    pipeline->first = pipeline->end = first;
    pipeline->dtype = g_.steps[first].dtype;
    int steps = 0;
    while (pipeline->end < g_.step_count && can_join(pipeline->end))
      steps += !is_column_step(g_, pipeline->end++);
    if (steps < 2) return false;
    const auto count = static_cast<size_t>(g_.step_count);
    stored_.assign(count, false);
    // The first pass finds the values that are read after they have left the registers.
    for (int round = 0; round < 2; round++) {
      pipeline->values.clear(), pipeline->stages.clear(), pipeline->rest.clear(), pipeline->uses.clear();
      in_registers_ = {-1, -1};
      for (int s = first; s < pipeline->end; s++) emit(s);
    }
    emit(table_.pipeline[pipeline->dtype].end, -1);
    for (const StageOperand& use : pipeline->uses) bind(use);
    return true;
  }

 private:
  /// A value as written by a step, or as it was before the pipeline.
  struct Source {
    int value, producer;
    bool operator==(const Source&) const = default;
  };

  Source source(int value, int step) const { return {value, producer_of(g_, value, step)}; }
  bool inside(int step) const { return step >= pipeline_->first; }

  StageFn stage_of(const TileStep& s, StageForm form) const {
    return s.kind == TileOp::kUnary    ? table_.unary[s.op].stage(s.dtype)
           : s.kind == TileOp::kBinary ? table_.binary[s.op].stage(s.dtype, form)
                                       : nullptr;
  }

  bool can_join(int step) const {
    const TileStep& s = g_.steps[step];
    if (is_column_step(g_, step)) return step > pipeline_->first;
    if (table_.pipeline[s.dtype].run == nullptr || s.dtype != pipeline_->dtype) return false;
    if (s.kind == TileOp::kReduce) {
      return table_.reduce[s.op].stages[s.dtype] != nullptr &&
             c_.tile_rows * c_.tile_columns <= kMaxReduceStage &&
             (g_.values[s.out].space == TileSpace::kScalar || c_.tile_rows == 1);
    }
    if (g_.values[s.out].space != TileSpace::kFull) return false;
    for (int k = 0; k < s.operands(); k++) {
      // The result of a reduction is known only after the pipeline.
      const int producer = producer_of(g_, s.in[k], step);
      if (inside(producer) && g_.steps[producer].kind == TileOp::kReduce) return false;
    }
    return stage_of(s, is_one(g_, c_, s.in[1]) ? kRegisterScalar : kRegisterMemory) != nullptr;
  }

  int place(PipelineValue wanted) {
    auto& places = pipeline_->values;
    for (size_t i = 0; i < places.size(); i++) {
      if (places[i].value == wanted.value && places[i].step == wanted.step) return static_cast<int>(i);
    }
    wanted.stage = static_cast<int>(pipeline_->stages.size());
    places.push_back(wanted);
    return static_cast<int>(places.size()) - 1;
  }

  /// Whether a value is read after the pipeline.
  bool is_live_out(int producer) const {
    const int value = g_.steps[producer].out;
    if (g_.values[value].buffer) return true;
    for (int s = producer + 1; s < g_.step_count; s++) {
      const TileStep& reader = g_.steps[s];
      if (s >= pipeline_->end || is_column_step(g_, s)) {
        for (int k = 0; k < reader.operands(); k++) {
          if (reader.in[k] == value) return true;
        }
      }
      if (reader.out == value) return false;
    }
    return false;
  }

  int place_of_result(int producer) {
    return place({is_live_out(producer) ? PipelineValue::kWrite : PipelineValue::kSlot,
                  g_.steps[producer].out, producer, false, 0});
  }

  /// Adds the memory operand for a value that is not in registers.
  int operand(Source s) {
    if (!inside(s.producer)) return place({PipelineValue::kRead, s.value, -1, is_one(g_, c_, s.value), 0});
    stored_[static_cast<size_t>(s.producer)] = true;
    return place_of_result(s.producer);
  }

  void emit(StageFn fn, StageFn rest, int place) {
    const int at = static_cast<int>(pipeline_->stages.size());
    if (place >= 0) pipeline_->uses.push_back({at, place});
    pipeline_->stages.push_back({fn, nullptr, 0});
    pipeline_->rest.push_back(rest);
  }
  void emit(StageFn fn, int place) { emit(fn, fn, place); }

  /// Records how the address of a stage's memory operand is computed.
  void bind(StageOperand use) {
    const PipelineValue& p = pipeline_->values[static_cast<size_t>(use.operand)];
    if (p.kind == PipelineValue::kState) {
      const TileStep& s = g_.steps[p.step];
      pipeline_->states.push_back({use.operand, p.step, table_.reduce[s.op].stages[s.dtype]});
    }
    if (p.kind != PipelineValue::kRead && p.kind != PipelineValue::kWrite) {
      pipeline_->own.push_back(use);
      return;
    }
    if (p.one) {
      pipeline_->ones.push_back(use);
    } else {
      pipeline_->stages[static_cast<size_t>(use.stage)].advance = -1;
      if (p.stage == use.stage)
        (p.kind == PipelineValue::kRead ? pipeline_->reads : pipeline_->writes).push_back(use);
    }
    pipeline_->tile_operands.push_back({use.stage, p.value, p.kind == PipelineValue::kWrite});
  }

  void load(Source s) {
    if (s == in_registers_) return;
    const PipelineKernels& kernels = table_.pipeline[pipeline_->dtype];
    emit(is_one(g_, c_, s.value) ? kernels.load_scalar : kernels.load, operand(s));
    in_registers_ = s;
  }

  void emit(int step) {
    if (is_column_step(g_, step)) return;
    const TileStep& s = g_.steps[step];
    const Source a = source(s.in[0], step);
    if (s.kind == TileOp::kReduce) {
      load(a);
      const ReduceStages& stages = *table_.reduce[s.op].stages[s.dtype];
      emit(stages.stage(true), stages.stage(false), place({PipelineValue::kState, s.out, step, false, 0}));
      return;
    }
    if (s.kind == TileOp::kUnary) {
      load(a);
      emit(stage_of(s, kRegisterMemory), -1);
    } else {
      const Source b = source(s.in[1], step);
      const bool swapped =
          b == in_registers_ && !(a == in_registers_) && stage_of(s, kMemoryRegister) != nullptr;
      if (!swapped) load(a);
      const Source other = swapped ? a : b;
      const bool one = is_one(g_, c_, other.value);
      const StageForm form =
          swapped ? (one ? kScalarRegister : kMemoryRegister) : (one ? kRegisterScalar : kRegisterMemory);
      emit(stage_of(s, form), operand(other));
    }
    in_registers_ = {s.out, step};
    if (stored_[static_cast<size_t>(step)] || is_live_out(step))
      emit(table_.pipeline[pipeline_->dtype].store, place_of_result(step));
  }

  const KernelTable& table_;
  const TileGroup& g_;
  const GroupTiling& c_;
  Pipeline* pipeline_ = nullptr;
  Source in_registers_ = {-1, -1};  // the current value in registers
  std::vector<bool> stored_;        // by step: whether its result is read from memory
};

}  // namespace

/// All dtypes that have pipelines have blocks of the same size.
static constexpr int kFloat32 = static_cast<int>(DType::kFloat32);

int64_t pipeline_value_bytes(const KernelTable& table) {
  return table.pipeline[kFloat32].block_bytes + table.vector_bytes;
}

std::vector<Pipeline> plan_pipelines(const KernelTable& table, const TileGroup& g, const GroupTiling& c) {
  std::vector<Pipeline> pipelines;
  // Pipelines do not pay for fewer than two blocks of floats, or for tiles smaller than a block.
  const int64_t tile = c.tile_rows * c.tile_columns, block = table.pipeline[kFloat32].block_bytes / 4;
  if (tile < block || g.rows * g.columns < 2 * block) return pipelines;
  PipelineBuilder builder(table, g, c);
  for (int s = 0; s < g.step_count;) {
    Pipeline pipeline;
    if (builder.build(s, &pipeline)) {
      s = pipeline.end;
      pipelines.push_back(std::move(pipeline));
    } else {
      s++;
    }
  }
  return pipelines;
}

void prepare_pipelines(const KernelTable& table, const std::vector<Pipeline>& pipelines,
                       StageBuffers stages) {
  const int64_t bytes = pipeline_value_bytes(table);
  for (const Pipeline& pipeline : pipelines) {
    const size_t count = pipeline.stages.size();
    for (size_t i = 0; i < count; i++) {
      stages.whole[i] = pipeline.stages[i];
      stages.rest[i] = {pipeline.rest[i], nullptr, 0};
    }
    for (const StageOperand& use : pipeline.own) stages.whole[use.stage].p = stages.own + use.operand * bytes;
    for (const StageOperand& use : pipeline.uses) stages.rest[use.stage].p = stages.own + use.operand * bytes;
    stages.whole += count, stages.rest += count;
  }
}

void run_pipeline(const KernelTable& table, const Pipeline& pipeline, const StageBuffers& stages, int64_t n) {
  const PipelineKernels& kernels = table.pipeline[pipeline.dtype];
  const int64_t size = dtype_size(pipeline.dtype), bytes = n * size;
  const int64_t whole = bytes & -kernels.block_bytes, rest = bytes - whole;
  if (whole > 0) kernels.run(stages.whole, 0, whole);
  if (rest == 0) return;
  const size_t count = pipeline.stages.size();
  // Usually the same as for the previous tile.
  if (stages.rest[count - 1].advance != rest / size) {
    for (size_t i = 0; i < count; i++) stages.rest[i].advance = rest / size;
  }
  const int64_t place_bytes = pipeline_value_bytes(table);
  for (const StageOperand& use : pipeline.ones) stages.rest[use.stage].p = stages.whole[use.stage].p;
  for (const StageOperand& use : pipeline.reads) {
    __builtin_memcpy(stages.own + use.operand * place_bytes, stages.whole[use.stage].p + whole,
                     static_cast<size_t>(rest));
  }
  kernels.run(stages.rest, 0, 1);
  for (const StageOperand& use : pipeline.writes) {
    __builtin_memcpy(stages.whole[use.stage].p + whole, stages.own + use.operand * place_bytes,
                     static_cast<size_t>(rest));
  }
}

}  // namespace gradtape
