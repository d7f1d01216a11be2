"""Models with layers of attention and masks, as Keras saves them: fixtures/keras/attention_models.json."""

import json
import os

from recording import KERAS, one_thread, seed_of
from common import encode, versions, write_lines

import keras
import numpy as np
from keras import layers

IDS = np.array([[1, 2, 3, 0, 0], [4, 1, 0, 0, 0]], "int32")


def blocks():
    """Two blocks of a transformer over padded sequences."""
    ids = keras.Input((5,), dtype="int32")
    x = layers.Embedding(6, 8, mask_zero=True)(ids)
    for causal in (True, False):
        y = layers.MultiHeadAttention(2, 4)(x, x, use_causal_mask=causal)
        x = layers.LayerNormalization()(layers.Add()([x, y]))
        y = layers.Dense(8)(layers.Dense(16, activation="gelu")(x))
        x = layers.LayerNormalization()(layers.Add()([x, y]))
    return keras.Model(ids, x)


def groups():
    ids = keras.Input((5,), dtype="int32")
    x = layers.Embedding(6, 8, mask_zero=True)(ids)
    y, scores = layers.GroupQueryAttention(4, 4, 2)(x, x, key=x, return_attention_scores=True)
    z = layers.Attention()([y, x])
    w = layers.AdditiveAttention()([z, y], use_causal_mask=True)
    return keras.Model(ids, [y, scores, z, w])


def cross():
    """The queries have a mask of their own; they are used again afterwards."""
    ids = keras.Input((5,), dtype="int32")
    others = keras.Input((4, 6))
    x = layers.Embedding(6, 8, mask_zero=True)(ids)
    y = layers.MultiHeadAttention(2, 4, use_gate=True)(x, others)
    z = layers.MultiHeadAttention(2, 4)(x, y)
    return keras.Model([ids, others], [y, z])


def record(index, make):
    keras.backend.clear_session()
    keras.utils.set_random_seed(index)
    model = make()
    rng = np.random.default_rng(seed_of("attention_models", index))
    inputs = [IDS, rng.normal(size=(2, 4, 6)).astype("float32")][: len(model.inputs)]
    for w in model.weights:
        w.assign(w.numpy() + 0.2 * rng.normal(size=w.shape).astype("float32"))
    outputs = model(inputs if len(inputs) > 1 else inputs[0])
    return {
        "config": json.loads(json.dumps(keras.saving.serialize_keras_object(model))),
        "weights": encode([w.numpy() for w in model.weights]),
        "weightPaths": [w.path for w in model.weights],
        "inputs": encode(inputs),
        "outputs": encode(outputs if isinstance(outputs, list) else [outputs]),
    }


if __name__ == "__main__":
    one_thread()
    rows = [record(index, make) for index, make in enumerate([blocks, groups, cross])]
    path = os.path.join(KERAS, "attention_models.json")
    print(len(rows), write_lines(path, {"versions": versions()}, "cases", rows))
