// Convolutions with filters of 3×3 by Winograd's algorithm.
#pragma once
#include "conv.h"

namespace gradtape {

/// The transforms that the call is fastest with, or null where plain sums are, or where nothing else is
/// allowed.
const WinogradKernels* choose_winograd(const KernelTable& table, const ConvCall& call);

/// The convolution or one of its gradients. False if memory for the work could not be had.
bool run_winograd(const KernelTable& table, const WinogradKernels& winograd, const ConvCall& call);

}  // namespace gradtape
