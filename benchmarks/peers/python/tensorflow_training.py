"""Training workloads in TensorFlow: eager, or compiled by the function passed to `training_kinds`."""

import numpy as np
import tensorflow as tf

from arrays import array, output, outputs
from task import Task


def tensor(t):
    return tf.constant(array(t))


def cross_entropy(labels, logits):
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))


# The models of benchmarks/workloads/models.ts: the loss of a batch.


def mlp_forward(x, v):
    for i in range(0, len(v), 2):
        x = tf.matmul(tf.nn.relu(x) if i > 0 else x, v[i]) + v[i + 1]
    return x


def mlp(_):
    return lambda x, labels, v: cross_entropy(labels, mlp_forward(x, v))


def cnn(_):
    def block(x, w, b):
        return tf.nn.max_pool2d(tf.nn.relu(tf.nn.conv2d(x, w, 1, "SAME") + b), 2, 2, "VALID")

    def loss(x, labels, v):
        x = block(block(x, v[0], v[1]), v[2], v[3])
        return cross_entropy(labels, tf.matmul(tf.reshape(x, [x.shape[0], -1]), v[4]) + v[5])

    return loss


def lstm(params):
    def loss(x, labels, v):
        wx, wh, b, w, b2 = v
        h = tf.zeros([x.shape[0], wh.shape[0]])

        def cell(state, given):
            h, c = state
            i, f, g, o = tf.split(given + tf.matmul(h, wh), 4, 1)
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
            return tf.sigmoid(o) * tf.tanh(c), c

        state = (h, h)
        inputs = tf.transpose(tf.tensordot(x, wx, 1) + b, [1, 0, 2])
        if params["unrolled"]:
            for given in tf.unstack(inputs):
                state = cell(state, given)
            h = state[0]
        else:
            h = tf.scan(cell, inputs, state)[0][-1]
        return cross_entropy(labels, tf.matmul(h, w) + b2)

    return loss


def transformer(params):
    heads, epsilon = params["heads"], params["normEpsilon"]

    def norm(x, gamma, beta):
        mean, variance = tf.nn.moments(x, -1, keepdims=True)
        return tf.nn.batch_normalization(x, mean, variance, beta, gamma, epsilon)

    def dense(x, w, b):
        shape = x.shape
        return tf.reshape(tf.matmul(tf.reshape(x, [-1, shape[-1]]), w) + b, [*shape[:-1], w.shape[1]])

    def attention(x, v):
        batch, time, width = x.shape
        size = width // heads
        parts = tf.reshape(dense(x, v[0], v[1]), [batch, time, 3, heads, size])
        q, k, value = tf.unstack(tf.transpose(parts, [2, 0, 3, 1, 4]))
        weights = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) * size**-0.5)
        mixed = tf.transpose(tf.matmul(weights, value), [0, 2, 1, 3])
        return dense(tf.reshape(mixed, [batch, time, width]), v[2], v[3])

    def loss(x, target, v):
        y = x + attention(norm(x, v[0], v[1]), v[2:6])
        hidden = tf.nn.gelu(dense(norm(y, v[6], v[7]), v[8], v[9]))
        return tf.reduce_mean(tf.square(y + dense(hidden, v[10], v[11]) - target))

    return loss


MODELS = {"mlp": mlp, "cnn": cnn, "lstm": lstm, "transformer": transformer}


def norm_gelu(params):
    epsilon = params["epsilon"]

    def f(x, gamma, beta):
        centred = x - tf.reduce_mean(x, -1, keepdims=True)
        variance = tf.reduce_mean(tf.square(centred), -1, keepdims=True)
        y = centred * tf.math.rsqrt(variance + epsilon) * gamma + beta
        return x + 0.5 * y * (1 + tf.math.erf(y * 0.5**0.5))

    return f


def training_kinds(compiler=None, note=None, unrolled=True):
    """Every kind.

    `compiler` turns a Python function into a TensorFlow function; None in eager mode. `unrolled`: loops over time are unrolled.
    """
    wrap = compiler or (lambda f: f)
    about = {"note": note, "compiled": compiler is not None}

    def maker(loss, params, inputs):
        x, target, *initial = map(tensor, inputs)

        def make():
            variables = [tf.Variable(t) for t in initial]
            optimizer = tf.keras.optimizers.Adam(params["rate"], epsilon=params["epsilon"])
            optimizer.build(variables)

            def step(x, target):
                with tf.GradientTape() as tape:
                    value = loss(x, target, variables)
                optimizer.apply_gradients(zip(tape.gradient(value, variables), variables))
                return value

            run = wrap(step)
            return lambda: run(x, target)

        return make

    def losses(step, steps):
        return [output(np.array([step().numpy() for _ in range(steps)]))]

    def trained(model):
        def kind(params, inputs):
            make = maker(model({**params, "unrolled": unrolled}), params, inputs)
            return Task(make(), lambda _: losses(make(), params["steps"]), **about)

        return kind

    def first_call(params, inputs):
        if compiler is None:
            return "nothing is compiled in eager mode"
        make = maker(MODELS[params["model"]](params), params, inputs)
        return Task(lambda: make()(), outputs, **about)

    def line(params, inputs):
        x, y = map(tensor, inputs)
        rate = params["rate"]

        def make():
            w, b = tf.Variable(5.0), tf.Variable(0.0)

            def step(x, y):
                with tf.GradientTape() as tape:
                    loss = tf.reduce_mean(tf.square(w * x + b - y))
                dw, db = tape.gradient(loss, [w, b])
                w.assign_sub(rate * dw)
                b.assign_sub(rate * db)
                return loss

            run = wrap(step)
            return lambda: run(x, y)

        return Task(make(), lambda _: losses(make(), params["steps"]), **about)

    def calling(f):
        def kind(params, inputs):
            run = wrap(f(params))
            operands = [tensor(t) for t in inputs]
            return Task(lambda: run(*operands), outputs, **about)

        return kind

    def predict(_, inputs):
        x, *v = map(tensor, inputs)
        variables = [tf.Variable(t) for t in v]
        run = wrap(lambda x: mlp_forward(x, variables))
        return Task(lambda: run(x), outputs, **about)

    pick = calling(lambda _: lambda a, b, c, d: c) if compiler else lambda *_: "nothing is compiled in eager mode"
    return {
        **{name: trained(model) for name, model in MODELS.items()},
        **{"first_call": first_call, "line": line, "predict": predict, "pick": pick},
        "chain": calling(lambda _: lambda x, y: x * y + tf.sigmoid(x) * 2),
        "norm_gelu": calling(norm_gelu),
    }
