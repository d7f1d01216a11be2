"""Shorthands of the semantics recorders."""

from common import tf


def tape_gradient(f, *xs, **options):
    """The gradient of f at xs with respect to all of them."""
    with tf.GradientTape() as tape:
        tape.watch(xs)
        y = f(*xs)
    return tape.gradient(y, list(xs), **options)


def c(value, dtype=tf.float32):
    return tf.constant(value, dtype)
