// Optimizer updates of whole tensors, or of some of their rows, split among threads.
#pragma once
#include "kernels/table.h"

namespace gradtape {

/// Updates several variables, of float32 or float64, in one parallel region.
void run_optimizer(const OptimizerEntry& entry, const OptimizerRun* runs, int count, int dtype);

/// Updates single rows of weights in place, in the order of the `count` row numbers (int64 if `wide`, else
/// int32; checked before): run.in and run.out are the weights, run.gradient the gradients of the rows. A row
/// has `columns` elements. For rules without state.
void run_optimizer_rows(const OptimizerEntry& entry, const OptimizerRun& run, const void* rows, bool wide,
                        int64_t count, int64_t columns, int dtype);

}  // namespace gradtape
