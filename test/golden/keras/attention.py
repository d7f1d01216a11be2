"""Layers of attention: fixtures/keras/layers/attention.json."""

from recording import bools, layer, record_layers, x
from keras import layers
import numpy as np

# Masks with an entry that counts in each row.
QUERIES = np.array([[True, True, False], [True, False, True]])
VALUES = np.array([[True, True, True, False], [False, True, False, True]])
PAIRS = np.array([[[1, 0, 1, 1], [1, 1, 0, 0], [0, 1, 0, 1]], [[0, 1, 1, 1], [0, 1, 0, 0], [1, 1, 0, 1]]], bool)
q, v, k = x(2, 3, 5), x(2, 4, 5), x(2, 4, 5)
SCORES = {"return_attention_scores": True}
CAUSAL = {"use_causal_mask": True}


def mha(*args, **kw):
    return lambda: layers.MultiHeadAttention(*args, **kw)


def gqa(*args, **kw):
    return lambda: layers.GroupQueryAttention(*args, **kw)


CASES = [
    layer(lambda: layers.Attention(), [q, v]),
    layer(lambda: layers.Attention(), [q, v, k], call=SCORES),
    layer(lambda: layers.Attention(use_scale=True), [q, v, k]),
    layer(lambda: layers.Attention(score_mode="concat"), [q, v, k]),
    layer(lambda: layers.Attention(score_mode="concat", use_scale=True), [q, v], call=CAUSAL),
    layer(lambda: layers.Attention(), [q, v], call={"mask": [QUERIES, VALUES]}),
    layer(lambda: layers.Attention(), [q, v, k], call={"mask": [QUERIES, VALUES], **CAUSAL, **SCORES}),
    layer(lambda: layers.Attention(dropout=0.4, seed=3), [q, v], call={"training": True}, calls=2, double=False),
    layer(lambda: layers.Attention(dropout=0.4, seed=3), [q, v]),
    layer(lambda: layers.Attention(dtype="float16"), [q, v], call={"mask": [QUERIES, VALUES]}),
    layer(lambda: layers.Attention(), [x(2, 2, 3, 5), x(2, 2, 4, 5)]),
    layer(lambda: layers.AdditiveAttention(), [q, v]),
    layer(lambda: layers.AdditiveAttention(use_scale=False), [q, v, k], call=SCORES),
    layer(lambda: layers.AdditiveAttention(), [q, v], call={"mask": [QUERIES, VALUES], **CAUSAL}),
    layer(lambda: layers.AdditiveAttention(dropout=0.3, seed=5), [q, v], call={"training": True}, double=False),
    layer(mha(2, 3), q, q),
    layer(mha(2, 3), q, x(2, 4, 6)),
    layer(mha(2, 3), q, x(2, 4, 6), x(2, 4, 3)),
    layer(mha(2, 3, value_dim=4, output_shape=7), q, v),
    layer(mha(2, 3, output_shape=(2, 3), use_bias=False), q, v),
    layer(mha(1, 4), q, q, call=CAUSAL),
    layer(mha(2, 3), q, v, call={**CAUSAL, **SCORES}),
    layer(mha(2, 3), q, v, call={"attention_mask": PAIRS}),
    layer(mha(2, 3), q, v, call={"attention_mask": PAIRS, "value_mask": VALUES, **CAUSAL}),
    layer(mha(2, 3), q, v, k, call={"key_mask": VALUES, **SCORES}),
    layer(mha(2, 3), q, q, call={"attention_mask": np.zeros((2, 3, 3), bool)}),
    layer(mha(2, 3), q, q, call={"attention_mask": np.zeros((2, 3, 3), bool), **SCORES}),
    layer(mha(2, 3), q, v, call={"attention_mask": PAIRS.astype("int32")}),
    layer(mha(2, 3, sliding_window=2), x(2, 5, 4), x(2, 5, 4)),
    layer(mha(2, 3, sliding_window=2), x(2, 5, 4), x(2, 5, 4), call={**CAUSAL, **SCORES}),
    layer(mha(2, 3, use_gate=True, value_dim=2), q, v),
    layer(mha(2, 3, use_gate=True, use_bias=False), q, v, call=SCORES),
    layer(mha(2, 3, dropout=0.4, seed=11, use_bias=False), q, v, call={"training": True}, calls=2, double=False),
    layer(mha(2, 3, dropout=0.4, seed=8, use_bias=False), q, v, call={"training": True, **SCORES}, double=False),
    layer(mha(2, 3, dropout=0.4, seed=7), q, v),
    layer(mha(2, 3), x(2, 3, 2, 4), x(2, 3, 2, 4)),
    layer(mha(2, 3, attention_axes=1), x(2, 3, 2, 4), x(2, 3, 2, 4)),
    layer(mha(2, 3, attention_axes=(2,)), x(2, 3, 2, 4), x(2, 3, 4, 4), call=SCORES),
    layer(mha(2, 3, attention_axes=(-2,)), x(2, 3, 2, 4), x(2, 3, 2, 4)),
    layer(mha(2, 3, attention_axes=(1, 2)), x(2, 3, 2, 4), x(2, 2, 3, 4), call=SCORES),
    layer(mha(2, 3, attention_axes=(1, 2)), x(1, 2, 2, 4), x(1, 2, 2, 4), call={"attention_mask": np.array([[[[[1, 0], [1, 1]], [[0, 1], [1, 1]]], [[[1, 1], [0, 0]], [[0, 0], [0, 1]]]]], bool)}),
    layer(
        mha(
            2,
            3,
            kernel_initializer="he_normal",
            bias_initializer="ones",
            kernel_regularizer="l2",
            bias_regularizer="l1",
            activity_regularizer="l2",
            kernel_constraint="max_norm",
            bias_constraint="non_neg",
        ),
        q,
        v,
    ),
    layer(mha(2, 3, dtype="mixed_float16"), q, v, call=CAUSAL),
    layer(mha(2, 3, dtype="float64", use_bias=False), q, v),
    layer(gqa(3, 4, 2), q, q),
    layer(gqa(3, 4, 1), q, v),
    layer(gqa(3, 4, 4), q, v, k, call=SCORES),
    layer(gqa(3, 4, 2), q, q, call=CAUSAL),
    layer(gqa(3, 4, 2), q, v, call={"query_mask": QUERIES, "value_mask": VALUES}),
    layer(gqa(3, 4, 2), q, v, k, call={"query_mask": QUERIES, "value_mask": VALUES, "key_mask": bools(2, 4), "attention_mask": PAIRS, **SCORES}),
    layer(gqa(3, 4, 2, use_bias=False, use_gate=True), q, v),
    layer(gqa(3, 4, 2, use_gate=True, sliding_window=2), x(2, 5, 4), x(2, 5, 4), call=CAUSAL),
    layer(gqa(3, 4, 2, dropout=0.4, seed=11, use_bias=False), q, v, call={"training": True}, calls=2, double=False),
    layer(gqa(3, 4, 2, kernel_regularizer="l2", activity_regularizer="l1", bias_initializer="ones"), q, v),
]

if __name__ == "__main__":
    record_layers("attention", CASES)
