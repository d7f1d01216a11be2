"""TensorFlow's training, compiled by XLA."""

import tensorflow as tf

from tensorflow_peer import open
from tensorflow_training import training_kinds

__all__ = ["open"]

# It takes minutes to compile fifty steps of an LSTM side by side.
globals().update(training_kinds(lambda f: tf.function(f, jit_compile=True), "jit_compile", unrolled=False))
