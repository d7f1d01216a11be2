// The kernel table in use: chosen once, at load.
#pragma once
#include "kernels/table.h"
#include "runtime/dispatch/cpu.h"

namespace gradtape {

/// The table of one instruction set, or null if the CPU or this build does not support it.
const KernelTable* kernel_table(Isa isa);
/// The table in use. The first call selects it: GRADTAPE_FORCE_ISA, otherwise the best that the CPU supports.
const KernelTable& kernels();
/// Null, or why GRADTAPE_FORCE_ISA was ignored.
const char* forced_isa_error();

}  // namespace gradtape
