"""Training workloads in JAX: each is one program, compiled by jit."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from arrays import array, output, outputs
from task import Task, fastest


def tensor(t):
    return jnp.asarray(array(t))


def sparse_cross_entropy(logits, labels):
    picked = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1)
    return -picked[:, 0]


# The models of benchmarks/workloads/models.ts: the loss of a batch.


def mlp_forward(x, v):
    for i in range(0, len(v), 2):
        x = (jax.nn.relu(x) if i > 0 else x) @ v[i] + v[i + 1]
    return x


def mlp(_):
    return lambda x, labels, v: jnp.mean(sparse_cross_entropy(mlp_forward(x, v), labels))


def cnn(_):
    def block(x, w, b):
        y = lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        return lax.reduce_window(jax.nn.relu(y + b), -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

    def loss(x, labels, v):
        x = block(block(x, v[0], v[1]), v[2], v[3])
        return jnp.mean(sparse_cross_entropy(x.reshape(x.shape[0], -1) @ v[4] + v[5], labels))

    return loss


def lstm(params):
    def loss(x, labels, v):
        wx, wh, b, w, b2 = v
        zeros = jnp.zeros((x.shape[0], wh.shape[0]), x.dtype)

        def cell(state, given):
            h, c = state
            i, f, g, o = jnp.split(given + h @ wh, 4, 1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        (h, _), _ = lax.scan(cell, (zeros, zeros), jnp.swapaxes(x, 0, 1) @ wx + b, unroll=params["unroll"])
        return jnp.mean(sparse_cross_entropy(h @ w + b2, labels))

    return loss


def transformer(params):
    heads, epsilon = params["heads"], np.float32(params["normEpsilon"])

    def norm(x, gamma, beta):
        mean = jnp.mean(x, -1, keepdims=True)
        variance = jnp.mean(jnp.square(x - mean), -1, keepdims=True)
        return (x - mean) * lax.rsqrt(variance + epsilon) * gamma + beta

    def attention(x, v):
        batch, time, width = x.shape
        parts = (x @ v[0] + v[1]).reshape(batch, time, 3, heads, width // heads)
        q, k, value = (parts[:, :, i] for i in range(3))
        return jax.nn.dot_product_attention(q, k, value).reshape(batch, time, width) @ v[2] + v[3]

    def loss(x, target, v):
        y = x + attention(norm(x, v[0], v[1]), v[2:6])
        hidden = jax.nn.gelu(norm(y, v[6], v[7]) @ v[8] + v[9], approximate=False)
        return jnp.mean(jnp.square(y + hidden @ v[10] + v[11] - target))

    return loss


MODELS = {"mlp": mlp, "cnn": cnn, "lstm": lstm, "transformer": transformer}


def adam(params):
    rate, epsilon, b1, b2 = (np.float32(x) for x in (params["rate"], params["epsilon"], 0.9, 0.999))

    def update(v, m, s, g, alpha):
        m = m + (g - m) * (1 - b1)
        s = s + (g * g - s) * (1 - b2)
        return v - alpha * m / (jnp.sqrt(s) + epsilon), m, s

    def step(state, gradients):
        t = state["t"] + np.float32(1)
        alpha = rate * jnp.sqrt(1 - b2**t) / (1 - b1**t)
        new = [update(*each, alpha) for each in zip(state["v"], state["m"], state["s"], gradients)]
        v, m, s = (list(x) for x in zip(*new))
        return {"t": t, "v": v, "m": m, "s": s}

    return step


def maker(loss, params, inputs):
    """Creates steps that start from the given parameters, and are compiled in their first call."""
    x, target, *initial = map(tensor, inputs)
    update = adam(params)

    def make():
        def whole(state, x, target):
            value, gradients = jax.value_and_grad(lambda v: loss(x, target, v))(state["v"])
            return value, update(state, gradients)

        step = jax.jit(whole, donate_argnums=0)
        copies = [[t + 0 for t in initial], *([jnp.zeros_like(t) for t in initial] for _ in range(2))]
        state = [{"t": jnp.float32(0), **dict(zip("vms", copies))}]

        def run():
            value, state[0] = jax.block_until_ready(step(state[0], x, target))
            return value

        return run

    return make


def losses(run, steps):
    return [output(np.array([float(run()) for _ in range(steps)], np.float32))]


def trained(model):
    def kind(params, inputs):
        make = maker(model(params), params, inputs)
        return Task(make(), lambda _: losses(make(), params["steps"]), note="jit", compiled=True)

    return kind


def trained_lstm(params, inputs):
    """A loop, as written or partly unrolled: whichever is faster."""
    makes = {n: maker(lstm({**params, "unroll": n}), params, inputs) for n in (1, 10)}
    unroll, run = fastest([(n, make()) for n, make in makes.items()])
    note = f"jit, scan unrolled by {unroll}"
    return Task(run, lambda _: losses(makes[unroll](), params["steps"]), note=note, compiled=True)


def first_call(params, inputs):
    # A new function each time, so that nothing is cached.
    make = maker(MODELS[params["model"]](params), params, inputs)
    return Task(lambda: make()(), outputs, note="jit", compiled=True)


def line(params, inputs):
    x, y = map(tensor, inputs)
    rate = np.float32(params["rate"])

    def whole(v):
        value, gradients = jax.value_and_grad(lambda v: jnp.mean(jnp.square(v[0] * x + v[1] - y)))(v)
        return value, [a - rate * g for a, g in zip(v, gradients)]

    step = jax.jit(whole, donate_argnums=0)

    def make():
        state = [[jnp.float32(5), jnp.float32(0)]]

        def run():
            value, state[0] = jax.block_until_ready(step(state[0]))
            return value

        return run

    return Task(make(), lambda _: losses(make(), params["steps"]), note="jit", compiled=True)


def calling(f):
    """A workload that calls one function of all inputs."""

    def kind(params, inputs):
        compiled = jax.jit(f(params))
        operands = [tensor(t) for t in inputs]
        return Task(lambda: jax.block_until_ready(compiled(*operands)), outputs, note="jit", compiled=True)

    return kind


def norm_gelu(params):
    epsilon = np.float32(params["epsilon"])

    def f(x, gamma, beta):
        centred = x - jnp.mean(x, -1, keepdims=True)
        variance = jnp.mean(jnp.square(centred), -1, keepdims=True)
        y = centred * lax.rsqrt(variance + epsilon) * gamma + beta
        return x + 0.5 * y * (1 + lax.erf(y * np.float32(0.5**0.5)))

    return f


KINDS = {
    **{name: trained(model) for name, model in MODELS.items()},
    "lstm": trained_lstm,
    "first_call": first_call,
    "line": line,
    "chain": calling(lambda _: lambda x, y: x * y + jax.nn.sigmoid(x) * 2),
    "norm_gelu": calling(norm_gelu),
    "predict": calling(lambda _: lambda x, *v: mlp_forward(x, v)),
    "pick": calling(lambda _: lambda a, b, c, d: c),
}
