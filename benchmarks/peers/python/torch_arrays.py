"""Converts between Tensors and PyTorch tensors, with images in one of two layouts."""

import ctypes

import torch

from task import Task, Tensor

DTYPES = {"float32": torch.float32, "float64": torch.float64, "int32": torch.int32, "int64": torch.int64}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
LAYOUTS = [("NCHW", torch.contiguous_format), ("channels last", torch.channels_last)]


def tensor(t):
    return torch.frombuffer(t.data, dtype=DTYPES[t.dtype]).reshape(t.shape).clone()


def outputs(result):
    return [output(t) for t in (result if isinstance(result, (tuple, list)) else [result])]


def output(t):
    t = t.detach().contiguous()
    data = ctypes.string_at(t.data_ptr(), t.numel() * t.element_size()) if t.numel() else b""
    return Tensor(data, list(t.shape), NAMES[t.dtype])


def task(run, **more):
    return Task(run, outputs, **more)


def image(t, layout):
    return tensor(t).permute(0, 3, 1, 2).contiguous(memory_format=layout)


def filters(t, layout):
    return tensor(t).permute(3, 2, 0, 1).contiguous(memory_format=layout)
