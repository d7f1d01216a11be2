"""TensorFlow 2, eager; compiled training is in tensorflow_function_peer.py and tensorflow_xla_peer.py."""

import tensorflow as tf

from arrays import array, outputs, task
from task import Task
from tensorflow_training import training_kinds


def open(threads):
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    return {"version": tf.__version__, "about": {"keras": tf.keras.__version__}}


def tensor(t):
    return tf.constant(array(t))


UNARY = {"exp": tf.exp, "tanh": tf.tanh, "sigmoid": tf.sigmoid, "gelu": tf.nn.gelu}


def unary(params, inputs):
    x = tensor(inputs[0])
    f = UNARY[params["f"]]
    return task(lambda: f(x))


def binary(params, inputs):
    a, b = map(tensor, inputs)
    f = {"add": tf.add, "multiply": tf.multiply}[params["f"]]
    return task(lambda: f(a, b))


def matmul(params, inputs):
    a, b = map(tensor, inputs)
    ta, tb = params["transposeA"], params["transposeB"]
    return task(lambda: tf.matmul(a, b, transpose_a=ta, transpose_b=tb))


def reduce(params, inputs):
    x = tensor(inputs[0])
    axes = params["axes"]
    if len(axes) == len(x.shape):
        return task(lambda: tf.reduce_sum(x))
    axis = axes[0]
    return task(lambda: tf.reduce_sum(x, axis))


def argmax(_, inputs):
    x = tensor(inputs[0])
    return task(lambda: tf.argmax(x))


def softmax(_, inputs):
    x = tensor(inputs[0])
    return task(lambda: tf.nn.softmax(x))


def layer_norm(_, inputs):
    x, gamma, beta = map(tensor, inputs)
    layer = tf.keras.layers.LayerNormalization(epsilon=1e-5)
    layer.build(x.shape)
    layer.set_weights([gamma, beta])
    return task(lambda: layer(x), note="Keras layer")


def cross_entropy(_, inputs):
    x, labels = map(tensor, inputs)
    return task(lambda: tf.nn.sparse_softmax_cross_entropy_with_logits(labels, x))


def transpose(params, inputs):
    x = tensor(inputs[0])
    perm = params["perm"]
    return task(lambda: tf.transpose(x, perm))


def reshape(params, inputs):
    x = tensor(inputs[0])
    shape = params["shape"]
    return task(lambda: tf.reshape(x, shape))


def copy(_, inputs):
    x = tensor(inputs[0])
    return task(lambda: tf.raw_ops.DeepCopy(x=x))


def concat(_, inputs):
    parts = [tensor(t) for t in inputs]
    return task(lambda: tf.concat(parts, 0))


def gather(_, inputs):
    table, indices = map(tensor, inputs)
    return task(lambda: tf.gather(table, indices))


def sparse_update(params, inputs):
    table, indices, updates = map(tensor, inputs)
    rate = params["rate"]

    def step(variable):
        return lambda: variable.scatter_sub(tf.IndexedSlices(updates * rate, indices))

    def check(_):
        zeros = tf.Variable(tf.zeros_like(table))
        step(zeros)()
        return outputs(zeros)

    return Task(step(tf.Variable(table)), check)


def random(params, _):
    n = params["n"]
    tf.random.set_seed(1)
    if params["f"] == "normal":
        return task(lambda: tf.random.normal([n]))
    return task(lambda: tf.random.uniform([n]))


def sort(_, inputs):
    x = tensor(inputs[0])
    return task(lambda: tf.sort(x))


def top_k(params, inputs):
    x = tensor(inputs[0])
    k = params["k"]
    return Task(lambda: tf.math.top_k(x, k), lambda result: outputs(result[0]))


def convolution(params):
    """The convolution of (x, w) for the parameters, or the reason why there is none."""
    stride, dilation, groups = params["stride"], params["dilation"], params["groups"]
    padding = params["padding"]
    depthwise = groups > 1 and groups == params["x"][3]
    if depthwise:
        shape = params["w"]
        filter_shape = [shape[0], shape[1], groups, shape[3] // groups]
        return lambda x, w: tf.nn.depthwise_conv2d(
            x, tf.reshape(w, filter_shape), [1, stride, stride, 1], padding, dilations=[dilation, dilation]
        )
    return lambda x, w: tf.nn.conv2d(x, w, stride, padding, dilations=dilation)


def conv2d(params, inputs):
    x, w = map(tensor, inputs)
    f = convolution(params)
    return task(lambda: f(x, w))


def gradient(f, source, dy):
    tape = tf.GradientTape(persistent=True)
    with tape:
        tape.watch(source)
        y = f(source)
    return task(lambda: tape.gradient(y, source, output_gradients=dy))


def conv2d_input_gradient(params, inputs):
    dy, w = map(tensor, inputs)
    f = convolution(params)
    return gradient(lambda x: f(x, w), tf.zeros(params["x"]), dy)


def conv2d_filter_gradient(params, inputs):
    x, dy = map(tensor, inputs)
    f = convolution(params)
    return gradient(lambda w: f(x, w), tf.zeros(params["w"]), dy)


POOLS = {"max": tf.nn.max_pool2d, "avg": tf.nn.avg_pool2d}


def pool(params, inputs):
    x = tensor(inputs[0])
    f = POOLS[params["f"]]
    return task(lambda: f(x, 2, 2, "VALID"))


def pool_gradient(params, inputs):
    x, dy = map(tensor, inputs)
    f = POOLS[params["f"]]
    return gradient(lambda x: f(x, 2, 2, "VALID"), x, dy)


def batch_norm(params, inputs):
    x, gamma, beta = map(tensor, inputs)
    epsilon = params["epsilon"]
    run = lambda: tf.compat.v1.nn.fused_batch_norm(x, gamma, beta, epsilon=epsilon, is_training=True)
    return Task(run, lambda result: outputs(result[0]))


# Training.

globals().update(training_kinds())
