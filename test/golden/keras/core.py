"""Core layers: fixtures/keras/layers/core.json."""

from recording import ints, layer, record_layers, x
from keras import constraints, layers, regularizers
import numpy as np

CASES = [
    layer(lambda: layers.Dense(4), x(3, 5)),
    layer(lambda: layers.Dense(4, activation="relu", use_bias=False), x(2, 3, 5)),
    layer(
        lambda: layers.Dense(
            3,
            activation="softmax",
            kernel_initializer="he_normal",
            bias_initializer="ones",
            kernel_regularizer=regularizers.L1L2(0.01, 0.02),
            bias_regularizer="l2",
            activity_regularizer="l1",
            kernel_constraint=constraints.MaxNorm(1.5),
        ),
        x(2, 2, 3, 4),
    ),
    layer(lambda: layers.EinsumDense("ab,bc->ac", 3), x(2, 4)),
    layer(lambda: layers.EinsumDense("abc,cd->abd", (None, 3), bias_axes="d", activation="relu"), x(2, 3, 4)),
    layer(lambda: layers.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de"), x(2, 3, 4)),
    layer(lambda: layers.EinsumDense("abcd,cde->abe", (None, 3), bias_axes="e"), x(2, 3, 2, 4)),
    layer(lambda: layers.EinsumDense("abc,bd->adc", (3, None), bias_axes="d"), x(2, 3, 4)),
    layer(
        lambda: layers.EinsumDense("abc,cd->abd", (3, 3), bias_axes="bd", kernel_regularizer="l2", bias_constraint="non_neg", activity_regularizer="l1"),
        x(2, 3, 4),
    ),
    layer(lambda: layers.Embedding(5, 3), ints(2, 4, high=5)),
    layer(lambda: layers.Embedding(5, 3, mask_zero=True, embeddings_regularizer="l2"), ints(2, 4, high=5)),
    layer(lambda: layers.Embedding(5, 3, embeddings_constraint="unit_norm"), x(3, 2, low=0, high=5)),
    layer(lambda: layers.Embedding(5, 3), ints(6, low=-5, high=5, dtype="int64")),
    layer(lambda: layers.ReversibleEmbedding(5, 3, mask_zero=True), ints(2, 4, high=5)),
    layer(lambda: layers.ReversibleEmbedding(5, 3), x(2, 4, 3), call={"reverse": True}),
    layer(lambda: layers.ReversibleEmbedding(5, 3, tie_weights=False, logit_soft_cap=0.5), x(2, 3), call={"reverse": True}),
    layer(lambda: layers.Masking(), np.array([[[0, 0], [1, 0], [0, 0]], [[2, 3], [0, 0], [0, 1]]], "float32")),
    layer(lambda: layers.Masking(mask_value=2.0), np.array([[[2, 2], [1, 2]], [[2, 3], [2, 2]]], "float32")),
    layer(lambda: layers.Identity(), x(2, 3)),
    layer(lambda: layers.Identity(), [x(2, 3), ints(2, high=4)]),
    layer(lambda: layers.Dense(4, lora_rank=2, kernel_regularizer="l2"), x(3, 5)),
    layer(lambda: layers.Dense(4, lora_rank=3, use_bias=False), x(2, 3, 5)),
    layer(lambda: layers.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de", lora_rank=2, lora_alpha=4), x(2, 3, 4)),
    layer(lambda: layers.Embedding(5, 3, lora_rank=2), ints(2, 4, high=5)),
    layer(lambda: layers.ReversibleEmbedding(5, 3, lora_rank=2), x(2, 4, 3), call={"reverse": True}),
    layer(lambda: layers.Conv1D(4, 3, lora_rank=2, lora_alpha=1), x(2, 6, 3)),
    layer(lambda: layers.Conv2D(4, (2, 3), groups=2, padding="same", lora_rank=2, lora_alpha=4), x(2, 4, 5, 2)),
    layer(lambda: layers.Conv3D(2, 2, lora_rank=1, lora_alpha=0.5), x(1, 3, 3, 4, 2)),
]

if __name__ == "__main__":
    record_layers("core", CASES)
