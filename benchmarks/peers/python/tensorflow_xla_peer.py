"""TensorFlow's training, compiled by XLA."""

import tensorflow as tf

from tensorflow_peer import open
from tensorflow_training import training_kinds

__all__ = ["open"]

# Compiling fifty unrolled steps of an LSTM takes minutes.
globals().update(training_kinds(lambda f: tf.function(f, jit_compile=True), "jit_compile", unrolled=False))
