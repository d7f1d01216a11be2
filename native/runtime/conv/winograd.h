// Convolutions with 3×3 filters by Winograd's algorithm.
#pragma once
#include "runtime/conv/conv.h"

namespace gradtape {

/// The fastest transforms for the call; null if direct sums are faster or the only ones allowed.
const WinogradKernels* choose_winograd(const KernelTable& table, const ConvCall& call);

/// Runs the convolution or one of its gradients. False if workspace memory cannot be allocated.
bool run_winograd(const KernelTable& table, const WinogradKernels& winograd, const ConvCall& call);

}  // namespace gradtape
