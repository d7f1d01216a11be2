// Register-fused pipelines: stages, and the kernels that every pipeline needs beside those of its ops.
#pragma once
#include "kernels/dtypes.h"

namespace gradtape {

/// Applies one op to a block of elements in registers, then calls the next stage. Only kernels know the
/// actual parameters (pipeline/stage.h).
using StageFn = void (*)();
struct Stage {
  StageFn fn;
  char* p;          // the operand in memory, or the destination
  int64_t advance;  // −1: p advances with the elements; 0: p is fixed
};
/// Operand sources of a binary stage, left and right: register, memory or scalar.
enum StageForm { kRegisterMemory = 0, kMemoryRegister, kRegisterScalar, kScalarRegister, kStageForms };

/// The stages that are not ops (a pipeline begins with a load and ends with `end`), and the interpreter.
struct PipelineKernels {
  int64_t block_bytes;  // of a block of elements
  StageFn load, load_scalar, store, end;
  /// Runs a pipeline over the blocks at byte offsets from, from + block_bytes, … below `to`.
  void (*run)(const Stage* stages, int64_t from, int64_t to) noexcept;
};

}  // namespace gradtape
