"""Facts about what is None and what is zeros: second and third derivatives, and upstream gradients of zero."""

from common import tf
from semantics_common import c

X = [[1.0, 2.0], [3.0, -4.0]]
W = [[1.0, 0.5], [-2.0, 1.0]]


def image(x):
    return tf.reshape(x, [1, 2, 2, 1])


def filters(w):
    return tf.reshape(w[:, :1], [1, 2, 1, 1])


# What gradtape calls by the same words; two arguments each.
FUNCTIONS = {
    'multiply': lambda x, w: x * w,
    'add': lambda x, w: x + w,
    'subtract_negative': lambda x, w: -x - w,
    'divide': lambda x, w: x / w,
    'square': lambda x, w: x * x + w,
    'matmul': lambda x, w: x @ w,
    'matmul_thrice': lambda x, w: x @ w @ x,
    'identity': lambda x, w: tf.identity(x) + w,
    'cast': lambda x, w: tf.cast(x, tf.float32) * 2,
    'reshape': lambda x, w: tf.reshape(x, [4]),
    'transpose': lambda x, w: tf.transpose(x) * w,
    'reduce_sum': lambda x, w: tf.reduce_sum(x) * w,
    'reduce_mean': lambda x, w: tf.reduce_mean(x),
    'reduce_max': lambda x, w: tf.reduce_max(x, 1) * w,
    'concat': lambda x, w: tf.concat([x, w], 0),
    'slice': lambda x, w: x[0] * w,
    'gather': lambda x, w: tf.gather(x, [0, 0]) * w,
    'cumsum': lambda x, w: tf.cumsum(x) * w,
    'maximum': tf.maximum,
    'where': lambda x, w: tf.where(x > w, x, w),
    'clip_by_value': lambda x, w: tf.clip_by_value(x, -1, 1),
    'sign': lambda x, w: tf.sign(x) * w,
    'abs': lambda x, w: tf.abs(x) * w,
    'relu': lambda x, w: tf.nn.relu(x),
    'relu_scaled': lambda x, w: 3 * tf.nn.relu(x - 1) + 0 * w,
    'relu_times': lambda x, w: tf.nn.relu(x) * w,
    'relu_layer': lambda x, w: tf.nn.relu(x @ w),
    'relu_before_layer': lambda x, w: tf.nn.relu(x) @ w,
    'relu_twice': lambda x, w: tf.nn.relu(tf.nn.relu(x) @ w),
    'relu_of_both': lambda x, w: tf.nn.relu(x) @ tf.nn.relu(w),
    'relu_gather': lambda x, w: tf.nn.relu(tf.gather(x, [0, 0])) * w,
    'relu6': lambda x, w: tf.nn.relu6(x @ w),
    'crelu': lambda x, w: tf.nn.crelu(x),
    'elu': lambda x, w: tf.nn.elu(x) + w,
    'max_pool': lambda x, w: tf.nn.max_pool2d(image(x), 2, 1, 'VALID') * w,
    'avg_pool': lambda x, w: tf.nn.avg_pool2d(image(x), 2, 1, 'VALID') * w,
    'conv2d': lambda x, w: tf.nn.conv2d(image(x), filters(w), 1, 'VALID'),
    'bias_add': lambda x, w: tf.nn.bias_add(x, w[0]),
    'tanh': lambda x, w: tf.tanh(x) + w,
    'softmax': lambda x, w: tf.nn.softmax(x) @ w,
    'stop_gradient': lambda x, w: tf.stop_gradient(x) * w + x,
}


def record(case):
    connected(case)
    zero_upstream(case)
    watched(case)


def dense(g):
    return tf.convert_to_tensor(g) if isinstance(g, tf.IndexedSlices) else g


def kind(g):
    if g is None:
        return 'none'
    return 'zeros' if not tf.reduce_any(dense(g) != 0) else 'values'


def second(f, x, w):
    """The derivatives of ∂f/∂x, then those of ∂f/∂w, with respect to x and w."""
    with tf.GradientTape(persistent=True) as outer:
        outer.watch([x, w])
        with tf.GradientTape() as inner:
            inner.watch([x, w])
            y = f(x, w)
        gradients = [dense(g) for g in inner.gradient(y, [x, w])]
    return [h for g in gradients for h in ([None, None] if g is None else outer.gradient(g, [x, w]))]


def third(f, x, w):
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, w])
        seconds = [dense(g) for g in second(f, x, w)]
    return [h for g in seconds for h in ([None, None] if g is None else tape.gradient(g, [x, w]))]


def connected(case):
    x, w = c(X), c(W)
    for name, f in FUNCTIONS.items():
        def kinds(f=f):
            result = {}
            for order, g in ((2, second), (3, third)):
                eager = [kind(h) for h in g(f, x, w)]
                # The same in a function; in functions under tapes, more is connected.
                inside = [kind(h) for h in tf.function(lambda x, w: g(f, x, w))(x, w)]
                assert eager == inside, (name, order, eager, inside)
                result[f'order{order}'] = eager
                result[f'order{order}OfFunction'] = [kind(h) for h in g(tf.function(f), x, w)]
            return result

        case(f'connected/{name}', 'what the derivatives of ∂/∂x, ∂/∂w with respect to x, w are, in orders 2 and 3',
             {'x': X, 'w': W}, kinds)

    def unconnected():
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = 3 * x
            g = inner.gradient(y, x)
        return outer.gradient(g, x, unconnected_gradients='zero')

    case('connected/unconnected_zero', "second derivative of 3x with unconnectedGradients 'zero'", {'x': X}, unconnected)


def zero_upstream(case):
    at = [0.0, 1.0, -1.0, 4.0, float('inf'), float('nan')]
    for name, f in {
            'sqrt': tf.sqrt, 'rsqrt': tf.math.rsqrt, 'reciprocal': tf.math.reciprocal, 'log': tf.math.log, 'sign': tf.sign,
            'sqrt_where': lambda x: tf.where(x > 0, tf.sqrt(x), 0),
            'std': lambda x: tf.math.reduce_std(tf.stack([x, x]), 0),
    }.items():
        def run(f=f):
            x = c(at, tf.float64)
            with tf.GradientTape(persistent=True) as t:
                t.watch(x)
                y = f(x)
            return [t.gradient(y, x, tf.fill(y.shape, c(up, tf.float64))) for up in (0.0, 1.0)]

        case(f'zero_upstream/{name}', 'gradients for an upstream gradient of zeros, then of ones', {'x': at}, run)


def watched(case):
    def order():
        a, b, d = (tf.Variable(v, name=n) for v, n in ((1.0, 'a'), (2.0, 'b'), (3.0, 'd')))
        with tf.GradientTape() as t:
            t.watch(d)
            y = b * a * d
        before = [v.name for v in t.watched_variables()]
        t.gradient(y, a)
        return [before, [v.name for v in t.watched_variables()]]

    case('watched/order', 'watched_variables of d·b·a, created in the order a, b, d, before and after gradient()', {}, order)
