"""What the Python libraries share: tensors as they travel, and a workload that is ready to run."""

import time
from dataclasses import dataclass
from typing import Any, Callable, List, Optional


@dataclass
class Tensor:
    """Raw little-endian elements with a shape and the name of an element type."""

    data: Any
    shape: List[int]
    dtype: str

    @staticmethod
    def read(file, shape, dtype):
        with open(file, "rb") as source:
            return Tensor(bytearray(source.read()), shape, dtype)


@dataclass
class Task:
    """`run` computes the workload as a user writes it; `outputs` turns what it returns into Tensors."""

    run: Callable[[], Any]
    outputs: Callable[[Any], List[Tensor]]
    note: Optional[str] = None
    compiled: bool = False


def fastest(candidates):
    """The fastest of several ways to do the same, each a (name, function) pair: the name and the function."""

    def cost(run):
        run()
        run()
        best = float("inf")
        for _ in range(3):
            start = time.perf_counter_ns()
            run()
            best = min(best, time.perf_counter_ns() - start)
        return best

    return min(candidates, key=lambda candidate: cost(candidate[1]))
