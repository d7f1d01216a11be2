"""PyTorch's training, compiled by torch.compile."""

import torch

from torch_networks import network_kinds
from torch_peer import open
from torch_training import training_kinds

__all__ = ["open"]

globals().update(training_kinds(torch.compile, "torch.compile"))
globals().update(network_kinds(torch.compile, "torch.compile"))
