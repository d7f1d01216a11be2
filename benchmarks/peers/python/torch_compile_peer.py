"""PyTorch's training, compiled by torch.compile."""

import torch

from torch_peer import open
from torch_training import training_kinds

__all__ = ["open"]

globals().update(training_kinds(torch.compile, "torch.compile"))
