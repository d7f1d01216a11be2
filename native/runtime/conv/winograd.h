// Convolutions with filters of 3×3 by Winograd's algorithm.
#pragma once
#include "runtime/conv/conv.h"

namespace gradtape {

/// The fastest transforms for the call; null if direct sums are faster or the only ones allowed.
const WinogradKernels* choose_winograd(const KernelTable& table, const ConvCall& call);

/// The convolution or one of its gradients. False if memory for the work could not be had.
bool run_winograd(const KernelTable& table, const WinogradKernels& winograd, const ConvCall& call);

}  // namespace gradtape
