"""Facts about higher orders, jacobians and Hessians."""

from common import tf
from semantics_common import c, tape_gradient


def record(case):
    higher_order(case)
    jacobians(case)
    batch_jacobians(case)


def higher_order(case):
    def derivatives(f, at, n):
        def run():
            x = c(at, tf.float64)
            fs = [f]
            for _ in range(n):
                fs.append(lambda x, g=fs[-1]: tape_gradient(g, x)[0])
            return [g(x) for g in fs]

        return run

    case('higher/cube', 'x³ and its 4 derivatives by nested tapes, float64', {'x': 2.0}, derivatives(lambda x: x**3, 2.0, 4))
    case('higher/cube_products', 'x·x·x and its 4 derivatives', {'x': 2.0}, derivatives(lambda x: x * x * x, 2.0, 4))
    case('higher/tanh', 'tanh and its 4 derivatives', {'x': [-0.5, 0.0, 0.7]}, derivatives(tf.tanh, [-0.5, 0.0, 0.7], 4))
    case('higher/sigmoid', 'sigmoid and its 4 derivatives', {'x': [-0.5, 0.0, 0.7]}, derivatives(tf.sigmoid, [-0.5, 0.0, 0.7], 4))
    case('higher/exp_sin', 'exp(sin x) and its 5 derivatives', {'x': [0.0, 1.0]},
         derivatives(lambda x: tf.exp(tf.sin(x)), [0.0, 1.0], 5))
    case('higher/log', 'log and its 4 derivatives', {'x': [0.5, 2.0]}, derivatives(tf.math.log, [0.5, 2.0], 4))
    case('higher/rsqrt', 'rsqrt and its 3 derivatives', {'x': [0.5, 2.0]}, derivatives(tf.math.rsqrt, [0.5, 2.0], 3))
    case('higher/sqrt', 'sqrt and its 3 derivatives', {'x': [0.5, 2.0]}, derivatives(tf.sqrt, [0.5, 2.0], 3))
    case('higher/reciprocal', '1/x and its 4 derivatives', {'x': [0.5, -2.0]}, derivatives(lambda x: 1 / x, [0.5, -2.0], 4))
    case('higher/softplus', 'softplus and its 3 derivatives', {'x': [-1.0, 0.0, 2.0]}, derivatives(tf.nn.softplus, [-1.0, 0.0, 2.0], 3))
    case('higher/reduce_prod', 'Πx and 2 derivatives (each summed)', {'x': [2.0, 3.0, 4.0]},
         derivatives(tf.reduce_prod, [2.0, 3.0, 4.0], 2))
    case('higher/relu', 'relu and 2 derivatives', {'x': [-1.0, 0.0, 2.0]}, derivatives(tf.nn.relu, [-1.0, 0.0, 2.0], 2))
    case('higher/abs', 'abs and 2 derivatives', {'x': [-1.0, 0.0, 2.0]}, derivatives(tf.abs, [-1.0, 0.0, 2.0], 2))
    case('higher/reduce_max', 'reduceMax(x²) and 2 derivatives', {'x': [1.0, 3.0, 2.0]},
         derivatives(lambda x: tf.reduce_max(x * x), [1.0, 3.0, 2.0], 2))
    case('higher/erf', 'erf and 3 derivatives', {'x': [-0.5, 0.0, 0.7]}, derivatives(tf.math.erf, [-0.5, 0.0, 0.7], 3))

    def nested(persistent):
        x = c(2.0)
        with tf.GradientTape(persistent=persistent) as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = x * x * x
            dy = inner.gradient(y, x)
        return [dy, outer.gradient(dy, x)]

    case('higher/nested', 'x³ at 2: first and second derivative', {'x': 2.0}, lambda: nested(False))
    case('higher/nested_persistent', 'the same with a persistent outer tape', {'x': 2.0}, lambda: nested(True))

    def penalty():
        w = tf.Variable([[0.5, -0.3], [0.2, 0.8]], dtype=tf.float64)
        x = c([[1.0, 2.0], [-1.0, 0.5]], tf.float64)
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = tf.reduce_sum(tf.tanh(x @ w))
            g = inner.gradient(y, x)
            loss = tf.reduce_sum(g * g)
        return {'inner': g, 'loss': loss, 'gradient': outer.gradient(loss, w)}

    case('higher/gradient_penalty', 'g = ∂Σtanh(xw)/∂x; ∂Σg²/∂w, float64',
         {'w': [[0.5, -0.3], [0.2, 0.8]], 'x': [[1.0, 2.0], [-1.0, 0.5]]}, penalty)

    def hessian(f, value):
        def run():
            x = c(value, tf.float64)
            with tf.GradientTape() as outer:
                outer.watch(x)
                with tf.GradientTape() as inner:
                    inner.watch(x)
                    y = f(x)
                g = inner.gradient(y, x)
            return {'y': y, 'gradient': g, 'hessian': outer.jacobian(g, x)}

        return run

    case('hessian/polynomial', 'x₀·x₁²·x₂³ + sin(x₀x₂), float64', {'x': [1.0, 2.0, 3.0]},
         hessian(lambda x: x[0] * x[1] ** 2 * x[2] ** 3 + tf.sin(x[0] * x[2]), [1.0, 2.0, 3.0]))
    small, square = [0.1, 0.5, -0.3], [[0.5, -0.3], [0.2, 0.8]]
    case('hessian/softmax', 'Σ softmax(x)·[1,2,4], float64', {'x': small},
         hessian(lambda x: tf.reduce_sum(tf.nn.softmax(x) * c([1.0, 2.0, 4.0], tf.float64)), small))
    case('hessian/log_softmax', 'Σ logSoftmax(x)·[1,2,4], float64', {'x': small},
         hessian(lambda x: tf.reduce_sum(tf.nn.log_softmax(x) * c([1.0, 2.0, 4.0], tf.float64)), small))
    case('hessian/logsumexp', 'reduceLogsumexp(x), float64', {'x': small}, hessian(tf.reduce_logsumexp, small))
    case('hessian/softmax_cross_entropy', 'labels [.2,.3,.5], float64', {'logits': small},
         hessian(lambda x: tf.nn.softmax_cross_entropy_with_logits(c([0.2, 0.3, 0.5], tf.float64), x), small))
    case('hessian/sparse_softmax_cross_entropy', 'label 2, float64', {'logits': small},
         hessian(lambda x: tf.nn.sparse_softmax_cross_entropy_with_logits([2], x[None]), small))
    case('hessian/reduce_prod', 'reduceProd(x), float64', {'x': small}, hessian(tf.reduce_prod, small))
    case('hessian/reduce_variance', 'reduceVariance(x), float64', {'x': small}, hessian(tf.math.reduce_variance, small))
    case('hessian/reduce_std', 'reduceStd(x), float64', {'x': small}, hessian(tf.math.reduce_std, small))
    case('hessian/norm', 'norm(x), float64', {'x': small}, hessian(tf.norm, small))
    case('hessian/matmul', 'Σ tanh(m·m), float64', {'m': square}, hessian(lambda m: tf.reduce_sum(tf.tanh(m @ m)), square))
    case('hessian/divide', 'x₀/x₁ + x₁ ** x₂, float64', {'x': [1.5, 2.0, 0.7]}, hessian(lambda x: x[0] / x[1] + x[1] ** x[2], [1.5, 2.0, 0.7]))
    case('hessian/gather', 'Σ gather(x, [2, 0, 2])³, float64', {'x': small}, hessian(lambda x: tf.reduce_sum(tf.gather(x, [2, 0, 2]) ** 3), small))
    case('hessian/cumsum', 'Σ cumsum(x)³, float64', {'x': small}, hessian(lambda x: tf.reduce_sum(tf.cumsum(x) ** 3), small))
    case('hessian/broadcast', 'Σ (x[:, None]·x[None, :])², float64', {'x': small}, hessian(lambda x: tf.reduce_sum((x[:, None] * x[None, :]) ** 2), small))
    case('higher/complex', 'gradient of z² is the conjugate of 2z, complex128', {'z': [[2.0, 1.0]]},
         lambda: tape_gradient(lambda z: z * z, tf.constant([2 + 1j], tf.complex128)))
    case('higher/tf_gradients_eager', 'tf.gradients in eager mode', {}, lambda: tf.gradients(c(1.0), c(1.0)))
    case('higher/tf_hessians_eager', 'tf.hessians in eager mode', {}, lambda: tf.hessians(c(1.0), c(1.0)))


# ---- jacobians ---------------------------------------------------------------------------------------


def jacobians(case):
    def jacobian(f, *values, source=0, dtype=tf.float64, **options):
        def run():
            xs = [c(v, dtype) for v in values]
            with tf.GradientTape(persistent=True) as t:
                t.watch(xs)
                y = f(*xs)
            return t.jacobian(y, xs if source is None else xs[source], **options)

        return run

    v3, m23, m32 = [1.0, 2.0, 3.0], [[1.0, -2.0, 3.0], [0.5, 0.25, -1.0]], [[1.0, 2.0], [3.0, 4.0], [5.0, -6.0]]
    case('jacobian/square', 'x²', {'x': v3}, jacobian(tf.square, v3))
    case('jacobian/scalar', 'x² of a scalar', {'x': 3.0}, jacobian(tf.square, 3.0))
    case('jacobian/scalar_target', 'Σx² of a vector', {'x': v3}, jacobian(lambda x: tf.reduce_sum(x * x), v3))
    case('jacobian/scalar_source', 's·[1,2,3] with respect to s', {'s': 2.0},
         jacobian(lambda s: s * c(v3, tf.float64), 2.0))
    case('jacobian/softmax', 'softmax(x)', {'x': v3}, jacobian(tf.nn.softmax, v3))
    case('jacobian/matmul_left', 'a·b with respect to a: shape [2,2,2,3]', {'a': m23, 'b': m32}, jacobian(tf.matmul, m23, m32))
    case('jacobian/matmul_right', 'a·b with respect to b: shape [2,2,3,2]', {'a': m23, 'b': m32},
         jacobian(tf.matmul, m23, m32, source=1))
    case('jacobian/several_sources', 'a·b with respect to [a, b]', {'a': m23, 'b': m32}, jacobian(tf.matmul, m23, m32, source=None))
    case('jacobian/several_targets', 'jacobian([x², 3x], x)', {'x': v3}, jacobian(lambda x: [x * x, 3 * x], v3))
    case('jacobian/reduce_max', 'reduceMax(m, axis 1)', {'m': m23}, jacobian(lambda m: tf.reduce_max(m, 1), m23))
    case('jacobian/cumsum', 'cumsum(x)', {'x': v3}, jacobian(tf.cumsum, v3))
    case('jacobian/reduce_prod', 'reduceProd(m, axis 0)', {'m': m23}, jacobian(lambda m: tf.reduce_prod(m, 0), m23))
    case('jacobian/transpose', 'transpose(m)', {'m': m23}, jacobian(tf.transpose, m23))
    case('jacobian/gather', 'gather(x, [2, 0, 2])', {'x': v3}, jacobian(lambda x: tf.gather(x, [2, 0, 2]), v3))
    case('jacobian/gather_sequential', 'the same with experimentalUsePfor false', {'x': v3},
         jacobian(lambda x: tf.gather(x, [2, 0, 2]), v3, experimental_use_pfor=False))
    case('jacobian/square_sequential', 'x² with experimentalUsePfor false', {'x': v3}, jacobian(tf.square, v3, experimental_use_pfor=False))
    case('jacobian/broadcast', 'x·m, x [3], m [2,3], with respect to x', {'x': v3, 'm': m23}, jacobian(lambda x, m: x * m, v3, m23))
    case('jacobian/empty_source', 'jacobian of x², x empty', {'x': []}, jacobian(tf.square, []))
    case('jacobian/float32', 'exp(x)·x in float32', {'x': v3}, jacobian(lambda x: tf.exp(x) * x, v3, dtype=tf.float32))
    case('jacobian/linear_layer', 'tanh(x·w + b) with respect to [w, b]',
         {'x': m23, 'w': m32, 'b': [0.1, -0.2]},
         lambda: jacobian(lambda w, b: tf.tanh(0.1 * (c(m23, tf.float64) @ w) + b), m32, [0.1, -0.2], source=None)())

    def dict_sources():
        a, b = c([1.0, 2.0]), c([3.0, 4.0])
        with tf.GradientTape() as t:
            t.watch([a, b])
            y = a * b
        return t.jacobian(y, {'a': a, 'b': [b]})

    case('jacobian/nested_sources', 'jacobian(a·b, {a: a, b: [b]})', {'a': [1.0, 2.0], 'b': [3.0, 4.0]}, dict_sources)

    def not_persistent_sequential():
        x = c([1.0, 2.0])
        with tf.GradientTape() as t:
            t.watch(x)
            y = x * x
        return t.jacobian(y, x, experimental_use_pfor=False)

    case('jacobian/sequential_not_persistent', 'experimentalUsePfor false on a non-persistent tape', {}, not_persistent_sequential)

    def second_order():
        x = c([1.0, 2.0], tf.float64)
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = x**3
            j = inner.jacobian(y, x)
        return outer.jacobian(j, x)

    case('jacobian/of_jacobian', 'jacobian of the jacobian of x³: shape [2,2,2]', {'x': [1.0, 2.0]}, second_order)


def batch_jacobians(case):
    def batch(f, value, persistent=True, dtype=tf.float64, **options):
        def run():
            x = c(value, dtype)
            with tf.GradientTape(persistent=persistent) as t:
                t.watch(x)
                y = f(x)
            return t.batch_jacobian(y, x, **options)

        return run

    m = [[1.0, 2.0], [3.0, 4.0]]
    m23 = [[1.0, -2.0, 3.0], [0.5, 0.25, -1.0]]
    case('batch_jacobian/square', 'x² per row: shape [2,2,2]', {'x': m}, batch(tf.square, m))
    case('batch_jacobian/softmax', 'softmax per row', {'x': m23}, batch(tf.nn.softmax, m23))
    case('batch_jacobian/matmul', 'x·w, w [3,2]: shape [2,2,3]', {'x': m23, 'w': [[1.0, 2.0], [3.0, 4.0], [5.0, -6.0]]},
         batch(lambda x: x @ c([[1.0, 2.0], [3.0, 4.0], [5.0, -6.0]], tf.float64), m23))
    case('batch_jacobian/outer', 'x[:, :, None]·x[:, None, :]: shape [2,2,2,2]', {'x': m},
         batch(lambda x: x[:, :, None] * x[:, None, :], m))
    case('batch_jacobian/sequential', 'x² with experimentalUsePfor false', {'x': m}, batch(tf.square, m, experimental_use_pfor=False))
    case('batch_jacobian/sequential_not_persistent', 'the same on a non-persistent tape', {'x': m},
         batch(tf.square, m, persistent=False, experimental_use_pfor=False))
    case('batch_jacobian/not_persistent', 'x² on a non-persistent tape', {'x': m}, batch(tf.square, m, persistent=False))
    case('batch_jacobian/rank_one', 'target and source of rank 1', {'x': [1.0, 2.0]}, batch(tf.square, [1.0, 2.0]))
    case('batch_jacobian/target_rank_one', 'target of rank 1', {'x': m}, batch(lambda x: tf.reduce_sum(x, 1), m))
    case('batch_jacobian/mismatch', 'target [3,2], source [2,3]', {'x': m23}, batch(tf.transpose, m23))
    case('batch_jacobian/unconnected', 'target does not depend on the source', {'x': m}, batch(lambda x: c(m, tf.float64), m))
    case('batch_jacobian/unconnected_zero', "the same with 'zero'", {'x': m},
         batch(lambda x: c(m, tf.float64), m, unconnected_gradients='zero'))
