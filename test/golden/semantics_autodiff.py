"""Facts about GradientTape, custom gradients, forward mode: what TensorFlow answers, and how it refuses."""

import logging

from common import np, tf


def tape_gradient(f, *xs, **options):
    """The gradient of f at xs with respect to all of them."""
    with tf.GradientTape() as tape:
        tape.watch(xs)
        y = f(*xs)
    return tape.gradient(y, list(xs), **options)


def c(value, dtype=tf.float32):
    return tf.constant(value, dtype)


def logged(f):
    """The warnings that f logs."""
    logger, messages, level = tf.get_logger(), [], tf.get_logger().level

    class Keep(logging.Handler):
        def emit(self, entry):
            messages.append(entry.getMessage())

    handler = Keep()
    logger.addHandler(handler)
    logger.setLevel('WARNING')
    try:
        f()
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    return messages


def record(case):
    one_set_only(case)
    structure(case)
    unconnected(case)
    watching(case)
    recording(case)
    higher_order(case)
    jacobians(case)
    batch_jacobians(case)
    kinks(case)
    ties(case)
    custom(case)
    forward_mode(case)


# ---- the tape's life -------------------------------------------------------------------------------


def one_set_only(case):
    def twice(method):
        x = c([1.0, 2.0])
        with tf.GradientTape() as t:
            t.watch(x)
            y = x * x
        t.gradient(y, x)
        return getattr(t, method)(y, x)

    case('tape/second_gradient', 'second gradient() of a non-persistent tape', {}, lambda: twice('gradient'))
    case('tape/second_jacobian', 'jacobian() after gradient() of a non-persistent tape', {}, lambda: twice('jacobian'))

    def persistent():
        x = c(3.0)
        with tf.GradientTape(persistent=True) as t:
            t.watch(x)
            y = x * x
            z = y * y
        return {'dz_dx': t.gradient(z, x), 'dy_dx': t.gradient(y, x), 'dz_dy': t.gradient(z, y)}

    case('tape/persistent', 'y = x², z = y² on a persistent tape; intermediates can be sources', {'x': 3.0}, persistent)

    def reenter_active():
        t = tf.GradientTape()
        with t:
            with t:
                pass

    case('tape/reenter_active', 'entering a tape that is recording', {}, reenter_active)

    def reenter_exited():
        x = c(3.0)
        t = tf.GradientTape()
        with t:
            t.watch(x)
            y = x * x
        with t:
            z = y * x
        return t.gradient(z, x)

    case('tape/reenter_exited', 'y = x² in one block, z = y·x in a second block of the same tape: dz/dx', {'x': 3.0},
         reenter_exited)

    def after_exception():
        x = c(3.0)
        t = tf.GradientTape()
        try:
            with t:
                t.watch(x)
                y = x * x
                raise KeyError('mine')
        except KeyError:
            pass
        return t.gradient(y, x)

    case('tape/after_exception', 'the body threw after y = x²: dy/dx', {'x': 3.0}, after_exception)

    def inside():
        x = c(3.0)
        with tf.GradientTape() as t:
            t.watch(x)
            y = x * x
            g = t.gradient(y, x)
        return g

    case('tape/gradient_inside', 'gradient() inside the block, not persistent', {'x': 3.0}, inside)

    def inside_persistent():
        x = c(3.0)
        with tf.GradientTape(persistent=True) as t:
            t.watch(x)
            y = x * x
            g = t.gradient(y, x)
        return {'first': g, 'second': t.gradient(g, x)}

    case('tape/gradient_inside_persistent_warning', 'what that logs, once', {}, lambda: logged(inside_persistent))
    case('tape/gradient_inside_persistent', 'gradient() inside a persistent tape is recorded', {'x': 3.0},
         inside_persistent)


def structure(case):
    def nested():
        a, b, d = c(2.0), c(3.0), c(5.0)
        with tf.GradientTape() as t:
            t.watch([a, b, d])
            y = a * b * d
        return t.gradient(y, {'one': a, 'more': [b, (d, a)]})

    case('gradient/nested_sources', 'y = a·b·d; sources {one: a, more: [b, [d, a]]}', {'a': 2.0, 'b': 3.0, 'd': 5.0},
         nested)

    def repeated():
        x = c(3.0)
        with tf.GradientTape() as t:
            t.watch(x)
            y = x * x
        return t.gradient(y, [x, x])

    case('gradient/repeated_source', 'gradient(x², [x, x])', {'x': 3.0}, repeated)

    def no_sources():
        x = c(3.0)
        with tf.GradientTape() as t:
            t.watch(x)
            y = x * x
        return t.gradient(y, [])

    case('gradient/no_sources', 'gradient(x², [])', {'x': 3.0}, no_sources)

    def several(targets, **options):
        def run():
            x = c(2.0)
            with tf.GradientTape() as t:
                t.watch(x)
                ys = targets(x)
            return t.gradient(ys, x, **options)

        return run

    case('gradient/targets_summed', 'gradient([x², 3x], x)', {'x': 2.0}, several(lambda x: [x * x, 3 * x]))
    case('gradient/targets_nested', 'gradient({a: x², b: [3x, x]}, x)', {'x': 2.0},
         several(lambda x: {'a': x * x, 'b': [3 * x, x]}))
    case('gradient/targets_weighted', 'gradient([x², 3x], x, outputGradients [10, 100])', {'x': 2.0},
         several(lambda x: [x * x, 3 * x], output_gradients=[c(10.0), c(100.0)]))
    case('gradient/target_is_source', 'gradient(x, x)', {'x': 2.0}, several(lambda x: x))
    case('gradient/target_twice', 'gradient([y, y], x), y = x²', {'x': 2.0}, several(lambda x: [x * x] * 2))
    case('gradient/target_and_intermediate', 'gradient([y, y²], x), y = x²', {'x': 2.0},
         several(lambda x: (lambda y: [y, y * y])(x * x)))
    case('gradient/empty_targets', 'gradient([], x)', {'x': 2.0}, several(lambda x: []))
    case('gradient/target_null', 'gradient(None, x)', {'x': 2.0}, several(lambda x: None))
    case('gradient/targets_with_null', 'gradient([x², None], x)', {'x': 2.0}, several(lambda x: [x * x, None]))
    case('gradient/target_host_number', 'gradient(3.0, x)', {'x': 2.0}, several(lambda x: 3.0))

    def vector(value, **options):
        def run():
            x = c(value)
            with tf.GradientTape() as t:
                t.watch(x)
                y = x * x
            return t.gradient(y, x, **options)

        return run

    case('gradient/implicit_ones', 'gradient(x², x) of a vector', {'x': [1.0, 2.0]}, vector([1.0, 2.0]))
    case('gradient/output_gradients', 'gradient(x², x, outputGradients)', {'x': [1.0, 2.0], 'outputGradients': [10.0, 100.0]},
         vector([1.0, 2.0], output_gradients=c([10.0, 100.0])))
    case('gradient/output_gradients_host', 'outputGradients as a host list', {'x': [1.0, 2.0], 'outputGradients': [10.0, 100.0]},
         vector([1.0, 2.0], output_gradients=[10.0, 100.0]))
    case('gradient/output_gradients_wrong_shape', 'outputGradients of shape [3] for a target of shape [2]',
         {'x': [1.0, 2.0]}, vector([1.0, 2.0], output_gradients=c([1.0, 2.0, 3.0])))
    case('gradient/output_gradients_scalar', 'outputGradients of shape [] for a target of shape [2]', {'x': [1.0, 2.0]},
         vector([1.0, 2.0], output_gradients=c(2.0)))
    case('gradient/output_gradients_null', 'outputGradients [None, 1] for [x², 3x]', {'x': 2.0},
         several(lambda x: [x * x, 3 * x], output_gradients=[None, c(1.0)]))
    case('gradient/output_gradients_count', 'one output gradient for two targets', {'x': 2.0},
         several(lambda x: [x * x, 3 * x], output_gradients=[c(1.0)]))
    case('gradient/output_gradients_dtype', 'float64 output gradient for a float32 target', {'x': [1.0, 2.0]},
         vector([1.0, 2.0], output_gradients=c([1.0, 2.0], tf.float64)))

    def diamond():
        x = c(2.0)
        with tf.GradientTape() as t:
            t.watch(x)
            y = x * x
            z = y * 3 + tf.sin(y) + y * y
        return t.gradient(z, x)

    case('gradient/diamond', 'z = 3y + sin y + y², y = x²', {'x': 2.0}, diamond)
    case('gradient/broadcast', 'gradient of Σ(a·b), a [3,1], b [4]', {'a': [[1.0], [2.0], [3.0]], 'b': [1.0, 2.0, 3.0, 4.0]},
         lambda: tape_gradient(lambda a, b: tf.reduce_sum(a * b), c([[1.0], [2.0], [3.0]]), c([1.0, 2.0, 3.0, 4.0])))
    case('gradient/scalar_vector', 'gradient of s·v, s [] and v [3]', {'s': 2.0, 'v': [1.0, 2.0, 3.0]},
         lambda: tape_gradient(lambda a, b: a * b, c(2.0), c([1.0, 2.0, 3.0])))
    case('gradient/empty', 'gradient of Σx² of an empty x', {'x': []}, lambda: tape_gradient(lambda x: tf.reduce_sum(x * x), c([])))
    case('gradient/control_flow', 'y = 1; for 4 times: y = y·x; minus x when x > 1', {'x': 2.0},
         lambda: tape_gradient(lambda x: x * x * x * x - x if x > 1 else x, c(2.0)))


def unconnected(case):
    def run(source_value, mode, method='gradient', target=lambda x: x * x):
        x, z = c([1.0, 2.0]), c(source_value)
        with tf.GradientTape() as t:
            t.watch([x, z])
            y = target(x)
        return getattr(t, method)(y, z, **({} if mode is None else {'unconnected_gradients': mode}))

    case('unconnected/default', 'gradient of a target that does not depend on z', {'z': [[1.0, 2.0, 3.0]]},
         lambda: run([[1.0, 2.0, 3.0]], None))
    case('unconnected/none', "unconnectedGradients 'none'", {'z': [[1.0, 2.0, 3.0]]}, lambda: run([[1.0, 2.0, 3.0]], 'none'))
    case('unconnected/zero', "unconnectedGradients 'zero'", {'z': [[1.0, 2.0, 3.0]]}, lambda: run([[1.0, 2.0, 3.0]], 'zero'))
    case('unconnected/enum', 'tf.UnconnectedGradients.ZERO', {'z': [[1.0, 2.0, 3.0]]},
         lambda: run([[1.0, 2.0, 3.0]], tf.UnconnectedGradients.ZERO))
    case('unconnected/unknown', "unconnectedGradients 'foo'", {'z': [[1.0, 2.0, 3.0]]}, lambda: run([[1.0, 2.0, 3.0]], 'foo'))
    case('unconnected/jacobian_none', 'jacobian of a target [2] that does not depend on z [1,3]', {}, lambda: run([[1.0, 2.0, 3.0]], None, 'jacobian'))
    case('unconnected/jacobian_zero', "the same with 'zero'", {}, lambda: run([[1.0, 2.0, 3.0]], 'zero', 'jacobian'))

    def mixed():
        x, z = c(3.0), c([1.0, 2.0])
        with tf.GradientTape() as t:
            t.watch([x, z])
            y = x * x
        return t.gradient(y, [x, z])

    case('unconnected/mixed', 'gradient(x², [x, z])', {'x': 3.0, 'z': [1.0, 2.0]}, mixed)

    def int_target(mode):
        x = c(3.0)
        with tf.GradientTape() as t:
            t.watch(x)
            y = tf.cast(x, tf.int32)
        return t.gradient(y, x, unconnected_gradients=mode)

    case('unconnected/int_target', 'gradient(cast(x, int32), x)', {'x': 3.0}, lambda: int_target('none'))
    case('unconnected/int_target_zero', "the same with 'zero'", {'x': 3.0}, lambda: int_target('zero'))

    def int_source():
        i = c([1, 2], tf.int32)
        with tf.GradientTape() as t:
            t.watch(i)
            y = tf.cast(i, tf.float32) * 2
        return t.gradient(y, i)

    case('unconnected/int_source', 'watch(int32) warns; gradient(cast(i, float32)·2, i)', {'i': [1, 2]}, int_source)
    case('unconnected/argmax', 'gradient(argmax(x), x)', {'x': [1.0, 3.0]}, lambda: tape_gradient(lambda x: tf.argmax(x), c([1.0, 3.0])))
    case('unconnected/comparison', 'gradient(cast(x > 1, float32), x)', {'x': [1.0, 3.0]},
         lambda: tape_gradient(lambda x: tf.cast(x > 1, tf.float32), c([1.0, 3.0])))
    case('unconnected/floor', 'gradient(floor(x), x)', {'x': [1.5, 3.0]}, lambda: tape_gradient(tf.floor, c([1.5, 3.0])))
    case('unconnected/sign', 'gradient(sign(x), x)', {'x': [1.5, 0.0]}, lambda: tape_gradient(tf.sign, c([1.5, 0.0])))
    case('unconnected/round', 'gradient(round(x), x)', {'x': [1.5, 3.0]}, lambda: tape_gradient(tf.round, c([1.5, 3.0])))
    case('unconnected/ceil', 'gradient(ceil(x), x)', {'x': [1.5, 3.0]}, lambda: tape_gradient(tf.math.ceil, c([1.5, 3.0])))
    case('unconnected/through_int', 'gradient(cast(cast(x, int32), float32), x)', {'x': [1.5, 3.0]},
         lambda: tape_gradient(lambda x: tf.cast(tf.cast(x, tf.int32), tf.float32), c([1.5, 3.0])))
    case('unconnected/zeros_like', 'gradient(zerosLike(x), x)', {'x': [1.5, 3.0]}, lambda: tape_gradient(tf.zeros_like, c([1.5, 3.0])))
    case('unconnected/shape', 'gradient(cast(shape(x), float32), x)', {'x': [1.5, 3.0]},
         lambda: tape_gradient(lambda x: tf.cast(tf.shape(x), tf.float32), c([1.5, 3.0])))
    case('unconnected/no_gradient_registered', 'gradient(adjustContrast(x, 2), x)', {'x': 'image [2,2,3]'},
         lambda: tape_gradient(lambda x: tf.image.adjust_contrast(x, 2.0), c(np.ones((2, 2, 3)))))


def watching(case):
    case('watch/host_number', 'watch(3.0)', {}, lambda: tf.GradientTape().watch(3.0))

    def before_watch():
        x = c(3.0)
        with tf.GradientTape(persistent=True) as t:
            y = x * x
            t.watch(x)
            z = x * 5
            w = y + z
        return {'dy_dx': t.gradient(y, x), 'dz_dx': t.gradient(z, x), 'dw_dx': t.gradient(w, x)}

    case('watch/before', 'y = x²; watch(x); z = 5x; w = y + z', {'x': 3.0}, before_watch)

    def ops_before():
        x = c(3.0)
        with tf.GradientTape() as t:
            y = x * x
            t.watch(x)
        return t.gradient(y, x)

    case('watch/too_late', 'y = x², then watch(x): dy/dx', {'x': 3.0}, ops_before)

    def watch_intermediate():
        x = c(3.0)
        with tf.GradientTape() as t:
            y = x * x
            t.watch(y)
            z = y * y
        return t.gradient(z, [x, y])

    case('watch/intermediate', 'y = x², watch(y), z = y²: [dz/dx, dz/dy]', {'x': 3.0}, watch_intermediate)

    def variables(watch_accessed):
        v, w, f = tf.Variable(2.0), tf.Variable(3.0), tf.Variable(5.0, trainable=False)
        with tf.GradientTape(watch_accessed_variables=watch_accessed) as t:
            if not watch_accessed:
                t.watch(w)
            y = v * w * f
        names = {v.ref(): 'v', w.ref(): 'w', f.ref(): 'f'}
        return {'watched': [names[x.ref()] for x in t.watched_variables()], 'gradients': t.gradient(y, [v, w, f])}

    case('watch/variables', 'y = v·w·f, f not trainable', {'v': 2.0, 'w': 3.0, 'f': 5.0}, lambda: variables(True))
    case('watch/variables_off', 'the same with watchAccessedVariables false and watch(w)', {'v': 2.0, 'w': 3.0, 'f': 5.0},
         lambda: variables(False))

    def frozen_watched():
        f = tf.Variable(5.0, trainable=False)
        with tf.GradientTape() as t:
            t.watch(f)
            y = f * f
        return t.gradient(y, f)

    case('watch/frozen_variable', 'watch(f) of a variable with trainable false, y = f²', {'f': 5.0}, frozen_watched)

    def int_variable():
        v = tf.Variable([1, 2])
        with tf.GradientTape() as t:
            y = tf.cast(v, tf.float32)
        return {'trainable': v.trainable, 'watched': len(t.watched_variables()), 'gradient': t.gradient(y, v)}

    case('watch/int_variable', 'an int32 variable read on a tape', {'v': [1, 2]}, int_variable)

    def watch_inside(x):
        with tf.GradientTape() as t:
            t.watch(x)

    case('watch/int_warning', 'what watch(int32 tensor) logs', {}, lambda: logged(lambda: watch_inside(c([1], tf.int32))))
    case('watch/string_warning', 'what watch(string tensor) logs', {}, lambda: logged(lambda: watch_inside(tf.constant('a'))))

    def constants():
        x = c(3.0)
        with tf.GradientTape() as t:
            y = x * x
        return t.gradient(y, x)

    case('watch/constant_unwatched', 'gradient(x², x) of an unwatched constant', {'x': 3.0}, constants)

    def local():
        x = c(3.0)
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = x * x
        return {'inner': inner.gradient(y, x), 'outer': outer.gradient(y, x)}

    case('watch/tape_local', 'watching belongs to one tape', {'x': 3.0}, local)

    def after_block():
        v = tf.Variable(3.0)
        with tf.GradientTape() as t:
            y = v * v
        z = y * v
        return {'dy_dv': t.gradient(z, v)}

    case('watch/after_block', 'z is computed after the block: dz/dv', {'v': 3.0}, after_block)


def recording(case):
    def gap():
        x = c(3.0)
        with tf.GradientTape(persistent=True) as t:
            t.watch(x)
            y = x * x
            with t.stop_recording():
                z = y * y
            w = y * z
        return {'dz_dx': t.gradient(z, x), 'dw_dx': t.gradient(w, x)}

    case('recording/gap', 'y = x²; z = y² not recorded; w = y·z', {'x': 3.0}, gap)

    def stop_outside():
        t = tf.GradientTape()
        with t.stop_recording():
            pass

    case('recording/stop_outside', 'stopRecording on a tape that is not recording', {}, stop_outside)

    def reset():
        x = c(3.0)
        with tf.GradientTape() as t:
            t.watch(x)
            y = x * x
            t.reset()
            t.watch(x)
            z = y * x
        return t.gradient(z, x)

    case('recording/reset', 'y = x²; reset; watch(x); z = y·x: dz/dx', {'x': 3.0}, reset)

    def reset_unwatches():
        x = c(3.0)
        with tf.GradientTape() as t:
            t.watch(x)
            t.reset()
            y = x * x
        return t.gradient(y, x)

    case('recording/reset_unwatches', 'watch(x); reset; y = x²: dy/dx', {'x': 3.0}, reset_unwatches)

    def assignment():
        x, y = tf.Variable(3.0), tf.Variable(0.0)
        with tf.GradientTape() as t:
            y.assign(2 * x)
            z = y * y
        return t.gradient(z, [x, y])

    case('recording/assign_breaks', 'y.assign(2x); z = y²: [dz/dx, dz/dy]', {'x': 3.0, 'y': 0.0}, assignment)

    def assign_add():
        x = tf.Variable(2.0)
        with tf.GradientTape() as t:
            x.assign_add(1.0)
            y = x * x
        return t.gradient(y, x)

    case('recording/assign_add_then_read', 'x.assignAdd(1); y = x²: dy/dx', {'x': 2.0}, assign_add)

    def assign_between():
        x = tf.Variable(2.0)
        with tf.GradientTape() as t:
            y = x * x
            x.assign(10.0)
        return t.gradient(y, x)

    case('recording/assign_after_read', 'y = x²; x.assign(10): dy/dx uses the value read', {'x': 2.0}, assign_between)


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
