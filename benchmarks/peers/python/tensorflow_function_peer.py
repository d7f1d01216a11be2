"""TensorFlow's training, compiled by tf.function into graphs."""

import tensorflow as tf

from tensorflow_peer import open
from tensorflow_training import training_kinds

__all__ = ["open"]

globals().update(training_kinds(tf.function, "tf.function"))
