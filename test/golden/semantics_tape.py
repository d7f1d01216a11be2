"""Facts about the life of a GradientTape: sources and targets, watching, recording, what is unconnected."""

import logging

from common import np, tf
from semantics_common import c, tape_gradient


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
