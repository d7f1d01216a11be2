"""Keras on TensorFlow."""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import tensorflow as tf

from keras_kinds import KINDS

globals().update(KINDS)


def open(threads):
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    return {"version": keras.__version__, "about": {"tensorflow": tf.__version__}}


def recurrent_gradient(params, inputs):
    from arrays import array, outputs
    from task import Task

    if params["by"] != "layer":
        return "the library has no such function"
    x, *parameters = map(array, inputs)
    x = tf.constant(x)
    layer = keras.layers.LSTM(params["units"])
    layer.build(x.shape)
    layer.set_weights(parameters)
    variables = [v.value for v in layer.trainable_weights]

    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(layer(x))
        return tape.gradient(y, variables)

    return Task(lambda: step(x), outputs, compiled=True)
