"""Serves one Python library to the host: `python serve.py MODULE`. The protocol is in benchmarks/host/protocol.ts.

A library's module has open(threads) -> {"version": ..., "about": {...}} and a function for each kind of workload that it
supports, such as layer_norm(params, inputs) for layerNorm. It returns a Task or, as a string, the reason why the library cannot compute it.
"""

import importlib
import json
import os
import re
import sys
import time
from itertools import repeat

from task import Tensor

MARK = "@gradtape "


class Server:
    def __init__(self, module):
        self.name = module
        self.library = None
        self.task = None
        self.first = None  # The result of the first run, until it has been written.

    def answer(self, request):
        return getattr(self, "do_" + request["do"])(request)

    def do_open(self, request):
        self.library = importlib.import_module(self.name)
        return self.library.open(request["threads"])

    def do_prepare(self, request):
        self.task = None
        make = getattr(self.library, re.sub("[A-Z]", lambda m: "_" + m[0].lower(), request["kind"]), None)
        if make is None:
            return {"reason": "the library has no such function"}
        inputs = [Tensor.read(i["file"], i["shape"], i["dtype"]) for i in request["inputs"]]
        task = make(request["params"], inputs)
        if isinstance(task, str):
            return {"reason": task}
        self.first = task.run()
        self.task = task
        reply = {}
        if task.note:
            reply["note"] = task.note
        if task.compiled:
            reply["compiled"] = True
        return reply

    def do_result(self, request):
        outputs = []
        for i, tensor in enumerate(self.task.outputs(self.first)):
            file = os.path.join(request["folder"], str(i))
            with open(file, "wb") as out:
                out.write(tensor.data)
            outputs.append({"file": file, "shape": list(tensor.shape), "dtype": tensor.dtype})
        self.first = None
        return {"outputs": outputs}

    def do_time(self, request):
        run = self.task.run
        start = time.perf_counter_ns()
        for _ in repeat(None, request["calls"]):
            run()
        return {"ns": time.perf_counter_ns() - start}


def main():
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # Output of the library goes to stderr.
    server = Server(sys.argv[1])
    for line in sys.stdin:
        try:
            reply = server.answer(json.loads(line))
        except Exception as error:  # The host handles errors.
            reply = {"error": f"{type(error).__name__}: {error}".strip()[:500]}
        replies.write(f"{MARK}{json.dumps(reply)}\n")
        replies.flush()


if __name__ == "__main__":
    main()
