"""JAX: every workload is one jitted function, whose result is awaited. Training counts as compiled (jax_training.py)."""

import os

import jax
import jax.numpy as jnp
from jax import lax

from arrays import array, outputs
from jax_training import KINDS, sparse_cross_entropy
from task import Task


def open(threads):
    jax.config.update("jax_enable_x64", True)
    return {"version": jax.__version__, "about": {"devices": str(jax.devices()), "xla": os.environ.get("XLA_FLAGS", "")}}


def tensor(t):
    return jnp.asarray(array(t))


def jitted(f, *operands, **more):
    compiled = jax.jit(f)

    def run():
        return jax.block_until_ready(compiled(*operands))

    return Task(run, outputs, **more)


UNARY = {
    "exp": jnp.exp,
    "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid,
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
}


def unary(params, inputs):
    return jitted(UNARY[params["f"]], tensor(inputs[0]))


def binary(params, inputs):
    return jitted({"add": jnp.add, "multiply": jnp.multiply}[params["f"]], *map(tensor, inputs))


def matmul(params, inputs):
    ta, tb = params["transposeA"], params["transposeB"]

    def f(a, b):
        return jnp.matmul(jnp.swapaxes(a, -1, -2) if ta else a, jnp.swapaxes(b, -1, -2) if tb else b)

    return jitted(f, *map(tensor, inputs))


def reduce(params, inputs):
    axes = tuple(params["axes"])
    return jitted(lambda x: jnp.sum(x, axes), tensor(inputs[0]))


def argmax(_, inputs):
    return jitted(jnp.argmax, tensor(inputs[0]))


def softmax(_, inputs):
    return jitted(jax.nn.softmax, tensor(inputs[0]))


def layer_norm(_, inputs):
    def f(x, gamma, beta):
        mean = jnp.mean(x, -1, keepdims=True)
        variance = jnp.mean(jnp.square(x - mean), -1, keepdims=True)
        return (x - mean) * lax.rsqrt(variance + jnp.float32(1e-5)) * gamma + beta

    return jitted(f, *map(tensor, inputs))


def cross_entropy(_, inputs):
    return jitted(sparse_cross_entropy, *map(tensor, inputs))


def transpose(params, inputs):
    perm = tuple(params["perm"])
    return jitted(lambda x: jnp.transpose(x, perm), tensor(inputs[0]))


def reshape(params, inputs):
    return jitted(lambda x: jnp.reshape(x, params["shape"]), tensor(inputs[0]))


def copy(_, inputs):
    return jitted(jnp.copy, tensor(inputs[0]))


def concat(_, inputs):
    return jitted(lambda *parts: jnp.concatenate(parts), *map(tensor, inputs))


def gather(_, inputs):
    return jitted(lambda table, indices: table[indices], *map(tensor, inputs))


def sparse_update(params, inputs):
    table, indices, updates = map(tensor, inputs)
    rate = jnp.float32(params["rate"])
    step = jax.jit(lambda t: t.at[indices].add(-rate * updates), donate_argnums=0)
    state = [table + 0]

    def run():
        state[0] = jax.block_until_ready(step(state[0]))
        return state[0]

    return Task(run, lambda _: outputs(step(jnp.zeros_like(table))), note="donated table")


def random(params, _):
    n = params["n"]
    draw = jax.random.normal if params["f"] == "normal" else jax.random.uniform
    return jitted(lambda key: draw(key, (n,), dtype=jnp.float32), jax.random.key(1), note="threefry")


def sort(_, inputs):
    return jitted(jnp.sort, tensor(inputs[0]))


def top_k(params, inputs):
    k = params["k"]
    return jitted(lambda x: lax.top_k(x, k)[0], tensor(inputs[0]))


def convolution(params):
    stride, dilation = params["stride"], params["dilation"]
    groups, padding = params["groups"], params["padding"]
    return lambda x, w: lax.conv_general_dilated(
        x,
        w,
        (stride, stride),
        padding,
        rhs_dilation=(dilation, dilation),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=groups,
    )


def conv2d(params, inputs):
    return jitted(convolution(params), *map(tensor, inputs))


def vjp(f):
    return lambda x, dy: jax.vjp(f, x)[1](dy)[0]


def conv2d_input_gradient(params, inputs):
    dy, w = map(tensor, inputs)
    f = convolution(params)
    x = jnp.zeros(params["x"], jnp.float32)
    return jitted(lambda x, w, dy: vjp(lambda x: f(x, w))(x, dy), x, w, dy)


def conv2d_filter_gradient(params, inputs):
    x, dy = map(tensor, inputs)
    f = convolution(params)
    w = jnp.zeros(params["w"], jnp.float32)
    return jitted(lambda x, w, dy: vjp(lambda w: f(x, w))(w, dy), x, w, dy)


def pooling(f):
    window, strides = (1, 2, 2, 1), (1, 2, 2, 1)
    if f == "max":
        return lambda x: lax.reduce_window(x, -jnp.inf, lax.max, window, strides, "VALID")
    return lambda x: lax.reduce_window(x, 0.0, lax.add, window, strides, "VALID") / 4


def pool(params, inputs):
    return jitted(pooling(params["f"]), tensor(inputs[0]))


def pool_gradient(params, inputs):
    return jitted(vjp(pooling(params["f"])), *map(tensor, inputs))


def batch_norm(params, inputs):
    epsilon = jnp.float32(params["epsilon"])

    def f(x, gamma, beta):
        mean = jnp.mean(x, (0, 1, 2))
        variance = jnp.mean(jnp.square(x - mean), (0, 1, 2))
        return (x - mean) * lax.rsqrt(variance + epsilon) * gamma + beta, mean, variance

    task = jitted(f, *map(tensor, inputs))
    return Task(task.run, lambda result: outputs(result[0]))


# Training.

globals().update(KINDS)
