"""Facts about gradients at kinks and ties, gradients of one's own, and forward mode."""

from common import np, tf
from semantics_common import c, tape_gradient


def record(case):
    kinks(case)
    ties(case)
    custom(case)
    forward_mode(case)


# ---- where functions have corners -------------------------------------------------------------------


def kinks(case):
    zero = c([-1.0, 0.0, 1.0])

    def at(f, x=zero):
        return lambda: (lambda g: {'y': f(x), 'gradient': g[0]})(tape_gradient(f, x))

    three = {'x': [-1.0, 0.0, 1.0]}
    case('kink/relu', 'relu', three, at(tf.nn.relu))
    case('kink/relu6', 'relu6 at 0 and 6', {'x': [-1.0, 0.0, 3.0, 6.0, 7.0]}, at(tf.nn.relu6, c([-1.0, 0.0, 3.0, 6.0, 7.0])))
    case('kink/abs', 'abs', three, at(tf.abs))
    case('kink/sign', 'sign', three, at(tf.sign))
    case('kink/maximum', 'maximum(x, 0)', three, at(lambda x: tf.maximum(x, 0.0)))
    case('kink/minimum', 'minimum(x, 0)', three, at(lambda x: tf.minimum(x, 0.0)))
    case('kink/maximum_swapped', 'maximum(0, x)', three, at(lambda x: tf.maximum(0.0, x)))
    case('kink/minimum_swapped', 'minimum(0, x)', three, at(lambda x: tf.minimum(0.0, x)))
    case('kink/clip', 'clipByValue(x, 0, 1)', {'x': [-1.0, 0.0, 0.5, 1.0, 2.0]},
         at(lambda x: tf.clip_by_value(x, 0.0, 1.0), c([-1.0, 0.0, 0.5, 1.0, 2.0])))
    case('kink/elu', 'elu', three, at(tf.nn.elu))
    case('kink/selu', 'selu', three, at(tf.nn.selu))
    case('kink/leaky_relu', 'leakyRelu (alpha 0.2)', three, at(tf.nn.leaky_relu))
    case('kink/softplus', 'softplus', three, at(tf.nn.softplus))
    case('kink/softsign', 'softsign', three, at(tf.nn.softsign))
    case('kink/sqrt', 'sqrt at 0 and 1', {'x': [0.0, 1.0]}, at(tf.sqrt, c([0.0, 1.0])))
    case('kink/rsqrt', 'rsqrt at 0 and 1', {'x': [0.0, 1.0]}, at(tf.math.rsqrt, c([0.0, 1.0])))
    case('kink/log', 'log at 0 and 1', {'x': [0.0, 1.0]}, at(tf.math.log, c([0.0, 1.0])))
    case('kink/reciprocal', 'reciprocal at 0 and 1', {'x': [0.0, 1.0]}, at(tf.math.reciprocal, c([0.0, 1.0])))
    case('kink/norm', 'norm of [0, 0]', {'x': [0.0, 0.0]}, at(tf.norm, c([0.0, 0.0])))
    case('kink/norm_nonzero', 'norm of [3, 4]', {'x': [3.0, 4.0]}, at(tf.norm, c([3.0, 4.0])))
    case('kink/reduce_std', 'reduceStd of equal values', {'x': [2.0, 2.0]}, at(tf.math.reduce_std, c([2.0, 2.0])))
    case('kink/reduce_variance', 'reduceVariance of equal values', {'x': [2.0, 2.0]}, at(tf.math.reduce_variance, c([2.0, 2.0])))
    for p in (0.0, 0.5, 1.0, 2.0, -1.0):
        case(f'kink/pow_{p:g}', f'x ** {p:g} at 0 and 2', {'x': [0.0, 2.0]}, at(lambda x, p=p: x**p, c([0.0, 2.0])))
    case('kink/pow_both', 'gradients of a ** b at 0⁰, 0², 2⁰, (-2)², (-2)³', {'a': [0.0, 0.0, 2.0, -2.0, -2.0], 'b': [0.0, 2.0, 0.0, 2.0, 3.0]},
         lambda: tape_gradient(tf.pow, c([0.0, 0.0, 2.0, -2.0, -2.0]), c([0.0, 2.0, 0.0, 2.0, 3.0])))
    case('kink/where_log', 'where(x > 0, log x, 0) at 0 and 1', {'x': [0.0, 1.0]},
         at(lambda x: tf.where(x > 0, tf.math.log(x), 0.0), c([0.0, 1.0])))
    case('kink/where_safe', 'the same with log of where(x > 0, x, 1)', {'x': [0.0, 1.0]},
         at(lambda x: tf.where(x > 0, tf.math.log(tf.where(x > 0, x, 1.0)), 0.0), c([0.0, 1.0])))
    case('kink/divide_no_nan', 'gradients of divideNoNan(a, b) at b = 0 and 2', {'a': [1.0, 1.0], 'b': [0.0, 2.0]},
         lambda: tape_gradient(tf.math.divide_no_nan, c([1.0, 1.0]), c([0.0, 2.0])))
    case('kink/xlogy', 'gradients of xlogy(0, y), xlogy(1, 2)', {'x': [0.0, 1.0], 'y': [0.0, 2.0]},
         lambda: tape_gradient(tf.math.xlogy, c([0.0, 1.0]), c([0.0, 2.0])))
    case('kink/reduce_prod_zeros', 'gradient of Πx with one zero, with two', {'x': [[0.0, 3.0, 4.0], [0.0, 0.0, 4.0]]},
         lambda: tape_gradient(lambda x: tf.reduce_prod(x, 1), c([[0.0, 3.0, 4.0], [0.0, 0.0, 4.0]])))
    case('kink/logsumexp_inf', 'gradient of logsumexp with -inf, all -inf, +inf', {'x': [['-Infinity', 1.0], ['-Infinity', '-Infinity'], ['Infinity', 1.0]]},
         lambda: tape_gradient(lambda x: tf.reduce_logsumexp(x, 1), c([[-np.inf, 1.0], [-np.inf, -np.inf], [np.inf, 1.0]])))
    case('kink/floordiv', 'gradients of floordiv(a, b)', {'a': [7.0], 'b': [2.0]}, lambda: tape_gradient(tf.math.floordiv, c([7.0]), c([2.0])))
    case('kink/floormod', 'gradients of floormod(a, b)', {'a': [7.0, -7.0], 'b': [2.0, 2.0]},
         lambda: tape_gradient(tf.math.floormod, c([7.0, -7.0]), c([2.0, 2.0])))
    case('kink/atan2', 'gradients of atan2(0, 0)', {'y': [0.0], 'x': [0.0]}, lambda: tape_gradient(tf.atan2, c([0.0]), c([0.0])))


def ties(case):
    def pair(f):
        return lambda: tape_gradient(f, c([1.0, 2.0, 3.0]), c([1.0, 3.0, 2.0]))

    inputs = {'a': [1.0, 2.0, 3.0], 'b': [1.0, 3.0, 2.0]}
    case('ties/maximum', 'maximum(a, b): the tie at element 0', inputs, pair(tf.maximum))
    case('ties/minimum', 'minimum(a, b)', inputs, pair(tf.minimum))
    case('ties/maximum_same', 'maximum(x, x)', {'x': [1.0, 2.0]}, lambda: tape_gradient(lambda x: tf.maximum(x, x), c([1.0, 2.0])))
    m = [[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]
    case('ties/reduce_max', 'reduceMax(m)', {'m': m}, lambda: tape_gradient(tf.reduce_max, c(m)))
    case('ties/reduce_max_axis', 'reduceMax(m, 1)', {'m': m}, lambda: tape_gradient(lambda x: tf.reduce_max(x, 1), c(m)))
    case('ties/reduce_min_axis', 'reduceMin(m, 1)', {'m': m}, lambda: tape_gradient(lambda x: tf.reduce_min(x, 1), c(m)))
    case('ties/reduce_max_weighted', 'reduceMax(m, 1, keepdims) weighted [[6], [12]]', {'m': m},
         lambda: tape_gradient(lambda x: tf.reduce_max(x, 1, True), c(m), output_gradients=c([[6.0], [12.0]])))
    case('ties/reduce_max_nan', 'reduceMax of [NaN, 1]', {'x': ['NaN', 1.0]}, lambda: tape_gradient(tf.reduce_max, c([np.nan, 1.0])))
    case('ties/maximum_nan', 'maximum([NaN, 1], [1, NaN])', {'a': ['NaN', 1.0], 'b': [1.0, 'NaN']},
         lambda: tape_gradient(tf.maximum, c([np.nan, 1.0]), c([1.0, np.nan])))
    case('ties/max_pool', 'maxPool 2×2 of equal values', {'x': 'ones [1,2,2,1]'},
         lambda: tape_gradient(lambda x: tf.nn.max_pool2d(x, 2, 2, 'VALID'), c(np.ones((1, 2, 2, 1)))))


# ---- gradients of one's own --------------------------------------------------------------------------


def custom(case):
    case('stop_gradient/product', 'stopGradient(x²)·x', {'x': 3.0}, lambda: tape_gradient(lambda x: tf.stop_gradient(x * x) * x, c(3.0)))
    case('stop_gradient/all', 'stopGradient(x²)', {'x': 3.0}, lambda: tape_gradient(lambda x: tf.stop_gradient(x * x), c(3.0)))

    @tf.custom_gradient
    def log1pexp(x):
        e = tf.exp(x)
        return tf.math.log(1 + e), lambda dy: dy * (1 - 1 / (1 + e))

    case('custom_gradient/log1pexp', 'log(1+eˣ) with its stable gradient, at 0 and 100', {'x': [0.0, 100.0]},
         lambda: tape_gradient(log1pexp, c([0.0, 100.0])))

    @tf.custom_gradient
    def tripled(x):
        return x * x, lambda dy: dy * 3 * x * x * x

    def second():
        x = c(2.0)
        with tf.GradientTape() as outer:
            outer.watch(x)
            first = tape_gradient(tripled, x)[0]
        return [first, outer.gradient(first, x)]

    case('custom_gradient/second_order', 'x² whose gradient is declared 3x³: first and second derivative', {'x': 2.0}, second)

    seen = []

    @tf.custom_gradient
    def two_outputs(x):
        def grad(da, db):
            seen.append([da, db])
            return da * 10 + db * 100

        return (x * 2, x * 3), grad

    def unused_output():
        seen.clear()
        g = tape_gradient(lambda x: two_outputs(x)[1], c([1.0, 2.0]))
        return {'gradient': g, 'upstreams': seen[0]}

    case('custom_gradient/unused_output', 'outputs [2x, 3x], gradient 10da + 100db, only the second used', {'x': [1.0, 2.0]},
         unused_output)
    case('custom_gradient/both_outputs', 'both used', {'x': [1.0, 2.0]}, lambda: tape_gradient(lambda x: tf.add(*two_outputs(x)), c([1.0, 2.0])))

    @tf.custom_gradient
    def wrong_count(a, b):
        return a * b, lambda dy: dy

    case('custom_gradient/wrong_count', 'one gradient for two inputs', {}, lambda: tape_gradient(wrong_count, c(1.0), c(2.0)))

    @tf.custom_gradient
    def with_null(a, b):
        return a * b, lambda dy: (dy * b, None)

    case('custom_gradient/null_gradient', 'gradient [dy·b, None]', {'a': 2.0, 'b': 3.0}, lambda: tape_gradient(with_null, c(2.0), c(3.0)))

    v = tf.Variable(5.0)

    @tf.custom_gradient
    def reads_variable(x):
        value = v.read_value()

        def grad(dy, variables=None):
            return dy * 7, [dy * 11 for _ in variables]

        return x * value, grad

    def with_variable():
        x = c(2.0)
        with tf.GradientTape() as t:
            t.watch(x)
            y = reads_variable(x)
        return {'y': y, 'gradients': t.gradient(y, [x, v])}

    case('custom_gradient/variables', 'x·v, declared gradients 7dy and, for v, 11dy', {'x': 2.0, 'v': 5.0}, with_variable)

    @tf.custom_gradient
    def forgets_variables(x):
        return x * v.read_value(), lambda dy: dy * 7

    case('custom_gradient/variables_missing', 'reads a variable, gradient function takes no `variables`', {},
         lambda: tape_gradient(forgets_variables, c(2.0)))

    @tf.custom_gradient
    def wrong_shape(x):
        return x * 2, lambda dy: tf.ones([3])

    case('custom_gradient/wrong_shape', 'gradient of shape [3] for an input of shape [2]', {},
         lambda: tape_gradient(lambda x: wrong_shape(x * 1), c([1.0, 2.0])))

    @tf.custom_gradient
    def no_pair(x):
        return x * 2

    case('custom_gradient/no_pair', 'the function returns no [value, gradient] pair', {}, lambda: no_pair(c([1.0, 2.0, 3.0])))

    def clip_gradient():
        @tf.custom_gradient
        def clipped(x):
            return tf.identity(x), lambda dy: tf.clip_by_norm(dy, 0.5)

        w = tf.Variable(2.0)
        with tf.GradientTape() as t:
            y = clipped(w * w)
        return t.gradient(y, w)

    case('custom_gradient/clip', 'clipByNorm(dy, 0.5) in the middle: w² at 2', {'w': 2.0}, clip_gradient)

    calls = []

    def counted(x):
        calls.append(1)
        return tf.sin(x) * x

    def recompute():
        calls.clear()
        f = tf.recompute_grad(counted)
        x = c(0.7, tf.float64)
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as t:
                t.watch(x)
                y = f(x)
            before = len(calls)
            g = t.gradient(y, x)
        return {'y': y, 'gradient': g, 'second': outer.gradient(g, x), 'callsForward': before}

    case('custom_gradient/recompute_grad', 'sin(x)·x through recomputeGrad, float64', {'x': 0.7}, recompute)


def forward_mode(case):
    def hvp():
        x, v = c([1.0, 2.0, 0.5], tf.float64), c([1.0, 0.0, 1.0], tf.float64)
        with tf.autodiff.ForwardAccumulator(x, v) as acc:
            with tf.GradientTape() as t:
                t.watch(x)
                y = tf.reduce_sum(x**3)
            g = t.gradient(y, x)
        return {'gradient': g, 'hvp': acc.jvp(g), 'jvp': acc.jvp(y)}

    case('forward/hvp', 'Σx³, tangent v: gradient, Hessian-vector product, jvp', {'x': [1.0, 2.0, 0.5], 'v': [1.0, 0.0, 1.0]}, hvp)

    def nested():
        x = c(1.1, tf.float64)
        with tf.autodiff.ForwardAccumulator(x, c(1.0, tf.float64)) as outer:
            with tf.autodiff.ForwardAccumulator(x, c(1.0, tf.float64)) as inner:
                y = tf.exp(tf.sin(x))
            d = inner.jvp(y)
        return [y, d, outer.jvp(d)]

    case('forward/nested', 'exp(sin x): value, first and second derivative', {'x': 1.1}, nested)

    def multi():
        a, b = c([1.0, 2.0]), c([3.0, 4.0])
        with tf.autodiff.ForwardAccumulator([a, b], [c([1.0, 10.0]), c([100.0, 1000.0])]) as acc:
            y = a * b
        return acc.jvp(y)

    case('forward/two_primals', 'a·b with tangents', {'a': [1.0, 2.0], 'b': [3.0, 4.0], 'ta': [1.0, 10.0], 'tb': [100.0, 1000.0]}, multi)

    def unconnected(mode):
        x, z = c([1.0, 2.0]), c([3.0, 4.0, 5.0])
        with tf.autodiff.ForwardAccumulator(x, c([1.0, 1.0])) as acc:
            y = z * z
        return acc.jvp(y, unconnected_gradients=mode)

    case('forward/unconnected', 'jvp of a tensor that does not depend on the primal', {}, lambda: unconnected('none'))
    case('forward/unconnected_zero', "the same with 'zero'", {}, lambda: unconnected('zero'))

    def duplicate():
        x = c(1.0)
        tf.autodiff.ForwardAccumulator([x, x], [c(1.0), c(1.0)])

    case('forward/duplicate_primal', 'the same primal twice', {}, duplicate)

    def shape():
        tf.autodiff.ForwardAccumulator(c([1.0, 2.0]), c([1.0]))

    case('forward/tangent_shape', 'tangent of another shape', {}, shape)

    def int_primal():
        i = c([1, 2], tf.int32)
        with tf.autodiff.ForwardAccumulator(i, c([1, 1], tf.int32)) as acc:
            y = i * i
        return acc.jvp(y)

    case('forward/int_primal', 'an int32 primal', {'x': [1, 2]}, int_primal)

    def variable():
        v = tf.Variable([1.0, 2.0])
        with tf.autodiff.ForwardAccumulator(v, c([1.0, 0.0])) as acc:
            y = v * v
        return acc.jvp(y)

    case('forward/variable', 'v² with a variable as primal', {'v': [1.0, 2.0], 'tangent': [1.0, 0.0]}, variable)
