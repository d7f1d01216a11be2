// Optimizer updates over whole tensors, or over some of their rows: split among threads.
#pragma once
#include "kernels/table.h"

namespace gradtape {

/// The updates of several variables, of float32 or float64, as one piece of work.
void run_optimizer(const OptimizerEntry& entry, const OptimizerRun* runs, int count, int dtype);

/// The updates of single rows of weights, one after the other in the order of the `count` row numbers (int64
/// if `wide`, else int32; checked before), each in place: run.in and run.out are the weights, run.gradient
/// the gradients of the rows, one after another. A row has `columns` elements. For rules
/// without state.
void run_optimizer_rows(const OptimizerEntry& entry, const OptimizerRun& run, const void* rows, bool wide,
                        int64_t count, int64_t columns, int dtype);

}  // namespace gradtape
