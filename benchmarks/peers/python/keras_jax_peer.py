"""Keras on JAX."""

import os

os.environ["KERAS_BACKEND"] = "jax"

import jax
import jax.numpy as jnp
import keras

from arrays import array, outputs
from keras_kinds import KINDS
from task import Task

globals().update(KINDS)


def open(_):
    return {"version": keras.__version__, "about": {"jax": jax.__version__, "xla": os.environ.get("XLA_FLAGS", "")}}


def recurrent_gradient(params, inputs):
    if params["by"] != "layer":
        return "the library has no such function"
    x, *parameters = map(array, inputs)
    layer = keras.layers.LSTM(params["units"])
    layer.build(x.shape)
    layer.set_weights(parameters)
    x = jnp.asarray(x)
    variables = [v.value for v in layer.trainable_variables]
    rest = [v.value for v in layer.non_trainable_variables]
    step = jax.jit(jax.grad(lambda v, x: jnp.sum(layer.stateless_call(v, rest, x)[0])))
    return Task(lambda: jax.block_until_ready(step(variables, x)), outputs, compiled=True)
