"""NumPy, whose matrix products use OpenBLAS."""

import numpy as np

from arrays import array, outputs, task
from task import Task


def open(threads):
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {"version": np.__version__, "about": {"blas": f"{blas['name']} {blas['version']}"}}


UNARY = {"exp": np.exp, "tanh": np.tanh, "sigmoid": lambda x: 1 / (1 + np.exp(-x))}


def unary(params, inputs):
    f = UNARY.get(params["f"])
    if f is None:
        return f"NumPy has no {params['f']}"
    x = array(inputs[0])
    return task(lambda: f(x))


def binary(params, inputs):
    a, b = map(array, inputs)
    f = {"add": np.add, "multiply": np.multiply}[params["f"]]
    return task(lambda: f(a, b))


def matmul(params, inputs):
    a, b = map(array, inputs)
    if params["transposeA"]:
        a = np.swapaxes(a, -1, -2)
    if params["transposeB"]:
        b = np.swapaxes(b, -1, -2)
    return task(lambda: np.matmul(a, b))


def reduce(params, inputs):
    x = array(inputs[0])
    axes = tuple(params["axes"])
    return task(lambda: np.sum(x, axes))


def argmax(_, inputs):
    x = array(inputs[0])
    return task(lambda: np.argmax(x))


def softmax(_, inputs):
    x = array(inputs[0])

    def run():
        e = np.exp(x - np.max(x, -1, keepdims=True))
        return e / np.sum(e, -1, keepdims=True)

    return task(run)


def layer_norm(_, inputs):
    x, gamma, beta = map(array, inputs)

    def run():
        d = x - np.mean(x, -1, keepdims=True)
        variance = np.mean(d * d, -1, keepdims=True)
        return d / np.sqrt(variance + np.float32(1e-5)) * gamma + beta

    return task(run)


def cross_entropy(_, inputs):
    x, labels = map(array, inputs)
    rows = np.arange(len(labels))

    def run():
        shifted = x - np.max(x, -1, keepdims=True)
        return np.log(np.sum(np.exp(shifted), -1)) - shifted[rows, labels]

    return task(run)


def transpose(params, inputs):
    x = array(inputs[0])
    perm = params["perm"]
    return task(lambda: np.ascontiguousarray(np.transpose(x, perm)))


def reshape(params, inputs):
    x = array(inputs[0])
    shape = params["shape"]
    return task(lambda: np.reshape(x, shape))


def copy(_, inputs):
    x = array(inputs[0])
    return task(lambda: x.copy())


def concat(_, inputs):
    parts = [array(t) for t in inputs]
    return task(lambda: np.concatenate(parts))


def gather(_, inputs):
    table, indices = map(array, inputs)
    return task(lambda: np.take(table, indices, 0))


def sparse_update(params, inputs):
    table, indices, updates = map(array, inputs)
    rate = np.float32(params["rate"])

    def step(t):
        return lambda: np.subtract.at(t, indices, updates * rate)

    def check(_):
        zeros = np.zeros_like(table)
        step(zeros)()
        return outputs(zeros)

    return Task(step(table), check)


def random(params, _):
    n = params["n"]
    generator = np.random.default_rng(1)
    if params["f"] == "normal":
        return task(lambda: generator.standard_normal(n, np.float32))
    return task(lambda: generator.random(n, np.float32))


def sort(_, inputs):
    x = array(inputs[0])
    return task(lambda: np.sort(x))


def top_k(params, inputs):
    x = array(inputs[0])
    k = params["k"]
    return task(lambda: np.sort(np.partition(x, -k)[-k:])[::-1], note="partition")
