// The kernel table in use: chosen once, at load.
#pragma once
#include "kernels/table.h"
#include "runtime/dispatch/cpu.h"

namespace gradtape {

/// The table of one instruction set, or null where this CPU or build lacks it.
const KernelTable* kernel_table(Isa isa);
/// The table in use. The first call chooses: GRADTAPE_FORCE_ISA, else the best the CPU has.
const KernelTable& kernels();
/// Null, or why GRADTAPE_FORCE_ISA could not be followed.
const char* forced_isa_error();

}  // namespace gradtape
