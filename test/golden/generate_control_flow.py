"""Records what TensorFlow's control flow computes, eager and inside tf.function: fixtures/control_flow.json.

    python test/golden/generate_control_flow.py

Each case is a function of tensors. Its result is {'y': what it returns, 'gradients': of the sum of all floating results to
the floating arguments}, with a tape around the eager call. tf.function, with the tape around it and with the tape inside,
must give the same; what differs there stands under 'outside' and 'inside'. Cases of errors record where: eager or inside.
"""

import os
import warnings

from common import FIXTURES, encode, encode_error, np, one_thread, tf, versions, write_lines
from semantics_common import c

f32 = tf.float32
i32 = tf.int32


def floating(structure):
    return [t for t in tf.nest.flatten(structure) if t is not None and t.dtype.is_floating]


def evaluate(f, args, order):
    """The results, and the gradients of the sum of the floating ones, to the first or second order."""
    sources = [a for a in args if a.dtype.is_floating]
    with tf.GradientTape() as outer:
        outer.watch(sources)
        with tf.GradientTape() as tape:
            tape.watch(sources)
            y = f(*args)
            total = tf.add_n([tf.reduce_sum(t) for t in floating(y)]) if floating(y) else None
        gradients = [] if total is None else tape.gradient(total, sources)
        if order == 2:
            known = [g for g in gradients if g is not None]
            squares = tf.add_n([tf.reduce_sum(tf.square(g)) for g in known])
    result = {'y': y, 'gradients': gradients}
    if order == 2:
        result['second'] = outer.gradient(squares, sources)
    return result


def close(a, b):
    x, y = tf.nest.flatten(a), tf.nest.flatten(b)
    if len(x) != len(y):
        return False
    for s, t in zip(x, y):
        if (s is None) != (t is None):
            return False
        if s is None:
            continue
        s, t = np.asarray(s), np.asarray(t)
        if s.shape != t.shape or s.dtype != t.dtype or not np.allclose(s, t, rtol=2e-6, atol=1e-6, equal_nan=True):
            return False
    return True


class Recorder:
    def __init__(self):
        self.cases = {}

    def put(self, name, entry):
        if name in self.cases:
            raise KeyError(f'two cases are called {name}')
        self.cases[name] = entry

    def flow(self, name, what, f, *calls, order=1):
        """One entry for each call."""
        for k, args in enumerate(calls):
            args = [tf.convert_to_tensor(a) for a in args]
            eager = evaluate(f, args, order)
            function = tf.function(f, autograph=False)
            result = dict(eager)
            inside = tf.function(lambda *a: evaluate(f, a, order), autograph=False)
            for where, g in (('outside', lambda: evaluate(function, args, order)), ('inside', lambda: inside(*args))):
                try:
                    other = g()
                    if not close(eager, other):
                        result[where] = other
                except Exception as e:  # what works eagerly only is a fact, too
                    result[where] = {'error': encode_error(e)}
            self.put(f'{name}/{k}', {'what': what, 'inputs': {'args': encode(args)}, 'result': encode(result)})

    def fails(self, name, what, f, *args):
        """The error of an eager call, and of one inside tf.function; null where there is none."""
        args = [tf.convert_to_tensor(a) for a in args]
        result = {}
        for where, g in (('eager', f), ('function', tf.function(f, autograph=False))):
            try:
                g(*args)
                result[where] = None
            except Exception as e:  # every kind is a fact
                result[where] = encode_error(e)
        self.put(name, {'what': what, 'inputs': {'args': encode(args)}, 'result': result})


def conditions(r):
    vector, other = c([1.0, 2.0]), c([-3.0, 0.5])
    positive = lambda x: tf.reduce_sum(x) > 0.0
    r.flow('cond/basic', 'x·2 or x − 1', lambda x: tf.cond(positive(x), lambda: x * 2.0, lambda: x - 1.0), [vector], [other])
    r.flow('cond/structure', '{a, b: [.., ..]}',
           lambda x: tf.cond(positive(x), lambda: {'a': x + 1.0, 'b': [x, x * 2.0]}, lambda: {'a': x, 'b': [x * 3.0, x]}),
           [vector], [other])
    r.flow('cond/captured', 'x·y or y²',
           lambda x, y: tf.cond(positive(x), lambda: x * y, lambda: y * y), [vector, c([4.0, 5.0])], [other, c([4.0, 5.0])])
    r.flow('cond/nested', 'a condition in a branch',
           lambda x: tf.cond(positive(x), lambda: tf.cond(tf.reduce_sum(x) > 2.0, lambda: tf.exp(x), lambda: x * 5.0), lambda: tf.sin(x)),
           [vector], [other], [c([0.5, 0.5])])
    r.flow('cond/unused', 'one branch without x', lambda x: tf.cond(positive(x), lambda: x * x, lambda: tf.constant([7.0, 8.0])),
           [vector], [other])
    r.flow('cond/mixed', 'an integer and a float', lambda x, n: tf.cond(n > 2, lambda: (n + 1, x * 2.0), lambda: (n - 1, x)),
           [vector, c(3, i32)], [vector, c(1, i32)])
    r.flow('cond/second', 'x³ or exp x', lambda x: tf.cond(positive(x), lambda: x ** 3, lambda: tf.exp(x)), [vector], [other], order=2)
    r.flow('cond/shapes', 'branches of different shapes', lambda x: tf.cond(positive(x), lambda: x, lambda: tf.reduce_sum(x)),
           [vector], [other])
    r.fails('cond/error/structure', 'one tensor or two',
            lambda x: tf.cond(positive(x), lambda: [x, x], lambda: [x]), vector)
    r.fails('cond/error/dtype', 'float or integer', lambda x: tf.cond(positive(x), lambda: x, lambda: tf.cast(x, i32)), vector)
    r.fails('cond/error/callable', 'true_fn is no function', lambda x: tf.cond(positive(x), 3, lambda: x), vector)
    r.fails('cond/error/callable_false', 'false_fn is no function', lambda x: tf.cond(positive(x), lambda: x, None), vector)


def cases(r):
    xs = [c(-5.0), c(3.0), c(20.0)]
    f = lambda x: tf.case([(x < 0.0, lambda: x * -1.0), (x < 10.0, lambda: x * x)], default=lambda: x + 100.0)
    r.flow('case/default', 'the first true condition counts', f, *[[x] for x in xs])
    g = lambda x: tf.case([(x < 10.0, lambda: x * 2.0), (x < 100.0, lambda: x * 3.0)], exclusive=False)
    r.flow('case/no_default', 'without a default the last one must be true', g, [xs[1]], [xs[2]])
    r.fails('case/error/none', 'no condition is true', lambda x: tf.case([(x < 0.0, lambda: x), (x < 10.0, lambda: x)]), xs[2])
    r.fails('case/error/exclusive', 'two are true',
            lambda x: tf.case([(x > 0.0, lambda: x), (x > 1.0, lambda: x)], default=lambda: x, exclusive=True), xs[1])
    r.fails('case/error/bool', 'a condition that is no bool', lambda x: tf.case([(x, lambda: x)], default=lambda: x), xs[1])
    r.fails('case/error/callable', 'a function that is none', lambda x: tf.case([(x < 1.0, 3)], default=lambda: x), xs[1])
    r.fails('case/error/default', 'a default that is no function', lambda x: tf.case([(x < 1.0, lambda: x)], default=3), xs[1])


def switches(r):
    x = c([1.0, 2.0])
    branches = lambda v: [lambda: v, lambda: v * v, lambda: tf.exp(v)]
    indices = [[x, c(k, i32)] for k in (0, 1, 2, 3, -1)]
    r.flow('switch_case/last', 'other indices take the last', lambda v, i: tf.switch_case(i, branches(v)), *indices)
    r.flow('switch_case/default', 'other indices take the default',
           lambda v, i: tf.switch_case(i, branches(v), default=lambda: v * -1.0), *indices)
    r.flow('switch_case/second', 'second derivatives', lambda v, i: tf.switch_case(i, branches(v)), *indices[1:3], order=2)
    r.fails('switch_case/error/float', 'an index that is a float', lambda v: tf.switch_case(v[0], branches(v)), x)
    r.fails('switch_case/error/empty', 'no branches', lambda v: tf.switch_case(tf.constant(0), []), x)


def whiles(r):
    def collatz(n):
        return tf.while_loop(
            lambda k, steps: k > 1,
            lambda k, steps: (tf.cond(k % 2 == 0, lambda: k // 2, lambda: 3 * k + 1), steps + 1),
            (n, tf.constant(0)))

    r.flow('while_loop/collatz', 'a condition in the body', collatz, *[[c(n, i32)] for n in (1, 2, 7, 27)])

    def squares(x, k):
        return tf.while_loop(lambda y: tf.reduce_sum(y) < 50.0, lambda y: [y * y + k], [x])

    r.flow('while_loop/squares', 'y ← y² + k', squares, [c([1.5, 2.0]), c([0.5, 0.25])], [c([60.0, 1.0]), c([0.5, 0.25])],
           [c([0.1, 0.2]), c([0.3, 0.4])])

    def structure(x):
        return tf.while_loop(
            lambda i, s: i < 4, lambda i, s: (i + 1, {'a': s['a'] * 2.0, 'b': [s['a'], s['b'][0] + s['b'][1]]}),
            (tf.constant(0), {'a': x, 'b': [x, x * x]}))

    r.flow('while_loop/structure', 'nested loop variables', structure, [c(3.0)])
    r.flow('while_loop/limit', 'maximum_iterations',
           lambda x, most: tf.while_loop(lambda y: tf.less(y, 1000.0), lambda y: [y * 3.0], [x], maximum_iterations=most),
           *[[c(2.0), c(n, i32)] for n in (0, 1, 3, 100)])

    def nested(x, n):
        def outer(i, y):
            _, z = tf.while_loop(lambda j, z: j < i, lambda j, z: (j + 1, z * x + tf.cast(j, f32)), (tf.constant(0), y))
            return i + 1, tf.sin(z)

        return tf.while_loop(lambda i, y: i < n, outer, (tf.constant(0), x))

    r.flow('while_loop/nested', 'a loop in a loop', nested, *[[c(0.5), c(n, i32)] for n in (0, 1, 4)])
    r.flow('while_loop/none', 'no iteration', lambda x: tf.while_loop(lambda y: False, lambda y: [y * 2.0], [x]), [c([1.0, 2.0])])
    r.fails('while_loop/error/one', 'one variable, no list', lambda x: tf.while_loop(lambda y: y < 10.0, lambda y: y + x, [x]), c(3.0))
    r.fails('while_loop/error/shape', 'a variable that grows',
            lambda x, n: tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, tf.concat([y, y], 0)), (tf.constant(0), x)), c([1.0]), c(2, i32))
    r.fails('while_loop/error/dtype', 'a variable that becomes an integer',
            lambda x, n: tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, tf.cast(y, i32)), (tf.constant(0), x)), c([1.0]), c(2, i32))
    r.fails('while_loop/error/structure', 'a variable is lost',
            lambda x, n: tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1,), (tf.constant(0), x)), c([1.0]), c(2, i32))
    r.fails('while_loop/error/cond', 'cond is no function', lambda x: tf.while_loop(3, lambda y: y, [x]), c(1.0))
    r.fails('while_loop/error/body', 'body is no function', lambda x: tf.while_loop(lambda y: y < 1.0, 3, [x]), c(1.0))


def folds(r):
    rows = c([[1.0, 2.0], [3.0, -4.0], [0.5, 0.25]])
    start = c([10.0, 20.0])
    step = lambda s, x: s * x * 0.5 + x
    r.flow('scan/plain', 'without an initializer', lambda x: tf.scan(step, x), [rows])
    r.flow('scan/initializer', 'with one', lambda x, s: tf.scan(step, x, initializer=s), [rows, start])
    r.flow('scan/reverse', 'backwards', lambda x: tf.scan(step, x, reverse=True), [rows])
    r.flow('scan/reverse_initializer', 'backwards with an initializer',
           lambda x, s: tf.scan(step, x, initializer=s, reverse=True), [rows, start])
    r.flow('scan/one', 'one element', lambda x: tf.scan(step, x), [rows[:1]])
    r.flow('scan/empty', 'none, with an initializer', lambda x, s: tf.scan(step, x, initializer=s), [tf.zeros([0, 2]), start])
    r.flow('scan/integers', 'Fibonacci', lambda n: tf.scan(lambda a, _: [a[1], a[0] + a[1]], n, initializer=[tf.constant(0), tf.constant(1)]),
           [tf.range(8)])
    r.flow('scan/structure', 'elements and accumulators of nested structures',
           lambda x, y: tf.scan(lambda s, e: {'p': s['p'] * 0.5 + e[0], 'q': s['q'] + e[1]}, (x, y),
                                initializer={'p': tf.zeros([2]), 'q': tf.constant(1.0)}), [rows, c([1.0, 2.0, 3.0])])
    r.flow('scan/captured', 'a tensor from outside', lambda x, w: tf.scan(lambda s, e: s * w + e, x), [rows, c([0.3, 0.7])])
    r.flow('scan/second', 'second derivatives', lambda x, s: tf.scan(step, x, initializer=s), [rows, start], order=2)
    r.fails('scan/error/empty', 'no elements, no initializer', lambda x: tf.scan(step, x), tf.zeros([0, 2]))
    r.fails('scan/error/scalar', 'a scalar', lambda x: tf.scan(step, x), c(1.0))
    r.fails('scan/error/callable', 'no function', lambda x: tf.scan(3, x), rows)
    for name in ('foldl', 'foldr'):
        fold = getattr(tf, name)
        r.flow(f'{name}/plain', 'without an initializer', lambda x: fold(step, x), [rows])
        r.flow(f'{name}/initializer', 'with one', lambda x, s: fold(step, x, initializer=s), [rows, start])
        r.flow(f'{name}/subtract', 'the order counts', lambda x: fold(lambda a, b: a - b, x), [c([1.0, 2.0, 4.0, 8.0])])
        r.flow(f'{name}/empty', 'none, with an initializer', lambda x, s: fold(step, x, initializer=s), [tf.zeros([0, 2]), start])
        r.fails(f'{name}/error/callable', 'no function', lambda x: fold(3, x), rows)


def maps(r):
    rows = c([[1.0, 2.0], [3.0, -4.0], [0.5, 0.25]])
    r.flow('map_fn/rows', 'the sum of squares of each row', lambda x: tf.map_fn(lambda row: tf.reduce_sum(row * row), x), [rows])
    r.flow('map_fn/nested', 'a map in a map', lambda x: tf.map_fn(lambda row: tf.map_fn(lambda e: e * e * 0.5, row), x), [rows])
    r.flow('map_fn/captured', 'a tensor from outside', lambda x, w: tf.map_fn(lambda row: row * w, x), [rows, c([2.0, 3.0])])
    r.flow('map_fn/several', 'several inputs and results',
           lambda x, n: tf.map_fn(lambda e: (e[0] * 2.0, {'k': e[1] + 1}), (x, n), fn_output_signature=(f32, {'k': i32})),
           [rows, c([1, 2, 3], i32)])
    r.flow('map_fn/dtype', 'another dtype', lambda n: tf.map_fn(lambda k: tf.cast(k, f32) / 2.0, n, fn_output_signature=f32), [c([1, 2, 3], i32)])
    r.flow('map_fn/second', 'second derivatives', lambda x: tf.map_fn(lambda row: tf.sin(row) * row, x), [rows], order=2)
    r.flow('map_fn/one', 'one row', lambda x: tf.map_fn(tf.exp, x), [rows[:1]])
    r.fails('map_fn/error/scalar', 'a scalar', lambda x: tf.map_fn(tf.exp, x), c(1.0))
    r.fails('map_fn/error/callable', 'no function', lambda x: tf.map_fn(3, x), rows)
    r.flow('vectorized_map/rows', 'the sum of squares of each row', lambda x: tf.vectorized_map(lambda row: tf.reduce_sum(row * row), x), [rows])


def main():
    one_thread()
    warnings.simplefilter('ignore')
    tf.get_logger().setLevel('ERROR')
    r = Recorder()
    for part in (conditions, cases, switches, whiles, folds, maps):
        part(r)
    size = write_lines(os.path.join(FIXTURES, 'control_flow.json'), {'versions': versions()}, 'cases', r.cases)
    print(f'{len(r.cases)} cases, {size} bytes')


if __name__ == '__main__':
    main()
