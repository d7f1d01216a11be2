"""Types that the Python libraries share: tensors of the protocol, and prepared workloads."""

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
    """`run` computes the workload as user code would; `outputs` converts its result to Tensors."""

    run: Callable[[], Any]
    outputs: Callable[[Any], List[Tensor]]
    note: Optional[str] = None
    compiled: bool = False


def fastest(candidates):
    """The fastest of several implementations, given and returned as (name, function) pairs."""

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
