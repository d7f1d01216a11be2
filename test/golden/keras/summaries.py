"""Records the summaries of models: fixtures/keras/summaries.json.

    python test/golden/keras/summaries.py
"""

import os
import sys

os.environ["COLUMNS"] = "300"
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from common import FIXTURES, keras, np, one_thread, versions, write_lines  # noqa: E402

from keras import Input, Model, Sequential, layers  # noqa: E402


def dense():
    return Sequential([Input((20,)), layers.Dense(64, activation="relu"), layers.Dropout(0.5), layers.Dense(10)], name="small")


def unbuilt():
    return Sequential([layers.Dense(64), layers.Dense(10)])


def convolution():
    return Sequential(
        [
            Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.Conv2D(8, 2, strides=2, use_bias=False),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(10, activation="softmax", name="a_layer_with_a_rather_long_name_that_does_not_fit_its_column"),
        ],
        name="convolution",
    )


def branches():
    a, b = Input((4,), name="a"), Input((4,), name="b")
    x = layers.Dense(8)(a)
    y = layers.Dense(8)(b)
    z = layers.Concatenate()([x, y])
    return Model([a, b], [layers.Dense(1, name="first")(z), layers.Dense(2, name="second")(layers.Add()([x, y]))], name="branches")


def shared():
    a = Input((4,))
    layer = layers.Dense(4, name="twice")
    return Model(a, layers.Dense(2)(layer(layer(a))))


def plain():
    a = Input((4,))
    return Model(a, layers.Dense(3)(layers.LayerNormalization()(a)), name="plain")


def frozen():
    model = plain()
    model.layers[1].trainable = False
    return model


def nested():
    inner = Sequential([Input((6,)), layers.Dense(5), layers.Dense(4)], name="inner")
    deepest = Sequential([Input((4,)), layers.Dense(2)], name="deepest")
    t = Input((4,))
    middle = Model(t, layers.Dense(3)(deepest(t)), name="middle")
    x = Input((6,))
    y = inner(x)
    return Model(x, layers.Add()([middle(y), layers.Dense(3)(y)]), name="outer")


def ops():
    a = Input((4, 3))
    return Model(a, layers.Dense(2)(keras.ops.relu(a) * 2.0), name="with_ops")


def recurrent():
    a = Input((None, 3))
    x, h, c = layers.LSTM(4, return_state=True, return_sequences=True)(a)
    y = layers.GRU(2)(layers.Bidirectional(layers.SimpleRNN(3, return_sequences=True))(x))
    return Model(a, [y, h], name="recurrent")


def half():
    return Sequential([Input((64,)), layers.Dense(1000, dtype="float16"), layers.Embedding(12345, 67)], name="half")


def empty_rank():
    return Sequential([Input(()), layers.Reshape((1,)), layers.Dense(1)], name="markup[0]")


MODELS = [dense, unbuilt, convolution, branches, shared, plain, frozen, nested, ops, recurrent, half, empty_rank]
OPTIONS = [
    {},
    {"show_trainable": True},
    {"expand_nested": True},
    {"expand_nested": True, "show_trainable": True, "line_length": 120},
    {"line_length": 60},
    {"line_length": 76},
    {"line_length": 100, "positions": [0.2, 0.5, 0.6, 1.0]},
    {"layer_range": ["dense", "dense.*"]},
]


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def json_of(make):
    keras.backend.clear_session()
    return make().to_json()


def record(make, options, compiled):
    model = keras.models.model_from_json(json_of(make))
    if compiled:
        model.compile("adam", "mse")
        model.optimizer.build(model.trainable_variables)
    texts = []
    try:
        model.summary(print_fn=texts.append, **options)
    except ValueError as error:
        texts = ["error: " + str(error)]
    return {
        "name": make.__name__,
        "compiled": compiled,
        "options": {camel(k): v for k, v in options.items()},
        "text": texts[0],
    }


def main():
    one_thread()
    cases = [record(make, options, False) for make in MODELS for options in OPTIONS]
    cases += [record(make, {}, True) for make in (dense, nested, half)]
    header = {"versions": versions(), "models": {make.__name__: json_of(make) for make in MODELS}}
    size = write_lines(os.path.join(FIXTURES, "keras", "summaries.json"), header, "cases", cases)
    print(f"{len(cases)} cases, {size} bytes")


if __name__ == "__main__":
    main()
