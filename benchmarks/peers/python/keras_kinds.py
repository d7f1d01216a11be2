"""Keras 3 on a backend: fit, steps, predictions and first calls of the networks of benchmarks/workloads/networks.ts."""

import json

import keras
import numpy as np

from arrays import array, output, outputs
from task import Task

MAKERS = {
    "dense": lambda o: keras.layers.Dense(o["units"]),
    "relu": lambda o: keras.layers.ReLU(),
    "conv": lambda o: keras.layers.Conv2D(o["units"], o.get("size", 3), **window(o)),
    "depthwise": lambda o: keras.layers.DepthwiseConv2D(o.get("size", 3), **window(o)),
    "norm": lambda o: keras.layers.BatchNormalization(),
    "maxPool": lambda o: keras.layers.MaxPooling2D(o.get("size", 2)),
    "flatten": lambda o: keras.layers.Flatten(),
    "mean": lambda o: keras.layers.GlobalAveragePooling2D(),
    "add": lambda o: keras.layers.Add(),
    "lstm": lambda o: keras.layers.LSTM(o["units"]),
    "gru": lambda o: keras.layers.GRU(o["units"]),
}


def window(o):
    return {"strides": o.get("stride", 1), "padding": "same", "use_bias": o.get("bias", True)}


def model_of(params, parameters):
    """The model with the given weights: Sequential if the layers form a chain."""
    network = json.loads(params["layers"])
    made = [MAKERS[o["op"]](o) for o in network]
    x = keras.Input(params["shape"])
    if all("from" not in o for o in network):
        model = keras.Sequential([x, *made])
    else:
        values = [x]
        for i, o in enumerate(network):
            args = [values[at] for at in o.get("from", [i])]
            values.append(made[i](args[0] if len(args) == 1 else args))
        model = keras.Model(x, values[-1])
    at = 0
    for layer in made:
        # The given weights do not include the state of a seed generator.
        n = len(layer.get_weights())
        if n > 0:
            layer.set_weights(parameters[at : at + n])
        at += n
    return model


def trained_model(params, parameters):
    model = model_of(params, parameters)
    model.compile(
        optimizer=keras.optimizers.Adam(params["rate"], epsilon=params["epsilon"]),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


def losses(values):
    return [output(np.array(values, np.float32))]


def keras_fit(params, inputs):
    x, y, *parameters = map(array, inputs)
    options = {"batch_size": params["batch"], "shuffle": False, "verbose": 0}

    def epochs():
        model = trained_model(params, parameters)
        return lambda: model.fit(x, y, **options).history["loss"][0]

    return Task(epochs(), lambda _: losses([epochs()()]), compiled=True)


def keras_step(params, inputs):
    x, y, *parameters = map(array, inputs)

    def steps():
        model = trained_model(params, parameters)

        def step():
            # A model's metrics accumulate over batches; those of one batch are needed.
            model.reset_metrics()
            return float(model.train_on_batch(x, y))

        return step

    def some(_):
        step = steps()
        return losses([step() for _ in range(params["steps"])])

    return Task(steps(), some, compiled=True)


def keras_predict(params, inputs):
    x, *parameters = map(array, inputs)
    model = model_of(params, parameters)
    return Task(lambda: model.predict(x, batch_size=params["batch"], verbose=0), outputs, compiled=True)


def keras_predict_one(params, inputs):
    x, *parameters = map(array, inputs)
    model = model_of(params, parameters)
    return Task(lambda: model.predict_on_batch(x), outputs, compiled=True)


def keras_first(params, inputs):
    arrays = [array(t) for t in inputs]
    if params["train"]:
        x, y, *parameters = arrays
        return Task(
            lambda: float(trained_model(params, parameters).train_on_batch(x, y)),
            lambda loss: losses([loss]),
            compiled=True,
        )
    x, *parameters = arrays
    return Task(lambda: model_of(params, parameters).predict_on_batch(x), outputs, compiled=True)


KINDS = {
    "keras_fit": keras_fit,
    "keras_step": keras_step,
    "keras_predict": keras_predict,
    "keras_predict_one": keras_predict_one,
    "keras_first": keras_first,
}
