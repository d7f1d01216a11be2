"""Recurrent layers: fixtures/keras/layers/{simple_rnn,lstm,gru,rnn}.json, or those of the families that the arguments name."""

import sys

import numpy as np
from recording import layer, record_layers, x
from keras import constraints, layers, regularizers

MASK = np.array([[1, 1, 1, 0, 0], [1, 0, 1, 1, 0], [0, 0, 1, 1, 1]], dtype=bool)
RIGHT = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 0, 0, 0, 0]], dtype=bool)
EMPTY = np.array([[0, 0, 0, 0, 0], [0, 1, 1, 1, 1], [1, 1, 0, 0, 0]], dtype=bool)
TRAIN = {"training": True}

FULL = dict(
    activation="relu",
    kernel_initializer="he_normal",
    recurrent_initializer="glorot_uniform",
    bias_initializer="ones",
    kernel_regularizer=regularizers.L1L2(0.01, 0.02),
    recurrent_regularizer="l2",
    bias_regularizer="l1",
    activity_regularizer="l2",
    kernel_constraint=constraints.MaxNorm(1.5),
    recurrent_constraint="non_neg",
    bias_constraint="unit_norm",
)


def cases_of(cls, gated):
    full = dict(FULL, recurrent_activation="hard_sigmoid") if gated else FULL
    states = 2 if cls is layers.LSTM else 1
    start = {"initial_state": [x(3, 4) for _ in range(states)]}
    out = [
        layer(lambda: cls(4), x(3, 5, 2)),
        layer(lambda: cls(4, return_sequences=True), x(3, 5, 2)),
        layer(lambda: cls(4, return_sequences=True, return_state=True, go_backwards=True), x(3, 5, 2), call=start),
        layer(lambda: cls(3, use_bias=False, return_state=True), x(2, 1, 2)),
        layer(lambda: cls(3, **full), x(2, 4, 2)),
        layer(lambda: cls(4, return_sequences=True, return_state=True), x(3, 5, 2), call={"mask": MASK}),
        layer(lambda: cls(4, return_state=True, go_backwards=True), x(3, 5, 2), call={"mask": MASK}),
        layer(lambda: cls(4, return_sequences=True, go_backwards=True), x(3, 5, 2), call={"mask": MASK}),
        layer(lambda: cls(4), x(3, 5, 2), call={"mask": RIGHT}),
        layer(lambda: cls(4, return_sequences=True), x(3, 5, 2), call=dict(start, mask=EMPTY)),
        layer(lambda: cls(4), x(3, 5, 2), call=dict(start, mask=EMPTY)),
        layer(lambda: cls(4, return_sequences=True, zero_output_for_mask=True), x(3, 5, 2), call={"mask": MASK}),
        layer(lambda: cls(4, return_state=True, zero_output_for_mask=True, go_backwards=True), x(3, 5, 2), call={"mask": MASK}),
        layer(lambda: cls(3, stateful=True, return_state=True), x(2, 3, 2), calls=3),
        layer(lambda: cls(3, stateful=True, return_sequences=True), x(3, 5, 2), calls=2, call={"mask": MASK}),
        layer(lambda: cls(3, unroll=True, return_sequences=True, return_state=True), x(3, 5, 2), call={"mask": MASK}),
        layer(lambda: cls(3, unroll=True), x(2, 3, 2)),
        layer(lambda: cls(4, dropout=0.4, seed=7), x(3, 5, 2), call=TRAIN),
        layer(lambda: cls(4, dropout=0.4, seed=7), x(3, 5, 2)),
        layer(lambda: cls(4, dropout=0.3, recurrent_dropout=0.5, seed=8), x(3, 5, 2), call=TRAIN, calls=2),
        layer(lambda: cls(4, recurrent_dropout=0.5, seed=9, return_sequences=True), x(3, 5, 2), call=dict(TRAIN, mask=MASK)),
        layer(lambda: cls(4, dtype="float64", return_state=True), x(2, 3, 2)),
        layer(lambda: cls(4, dtype="mixed_bfloat16", return_state=True), x(2, 3, 2), gradients=False),
    ]
    if gated:
        out += [
            layer(lambda: cls(3, implementation=1), x(2, 4, 2)),
            layer(lambda: cls(3, recurrent_activation=None, activation=None), x(2, 4, 2)),
        ]
    return out


CASES = {
    "simple_rnn": cases_of(layers.SimpleRNN, False),
    "lstm": cases_of(layers.LSTM, True)
    + [
        layer(lambda: layers.LSTM(3, unit_forget_bias=False), x(2, 4, 2), exact_weights=True),
        layer(lambda: layers.LSTM(3, unit_forget_bias=True, bias_initializer="ones"), x(2, 4, 2), exact_weights=True),
    ],
    "gru": cases_of(layers.GRU, True)
    + [
        layer(lambda: layers.GRU(3, reset_after=False), x(2, 4, 2)),
        layer(lambda: layers.GRU(3, reset_after=False, use_bias=False, return_sequences=True), x(3, 5, 2), call={"mask": MASK}),
        layer(lambda: layers.GRU(3, reset_after=False, recurrent_dropout=0.5, dropout=0.2, seed=3), x(2, 4, 2), call=TRAIN),
    ],
    "rnn": [
        # Cells alone.
        layer(lambda: layers.SimpleRNNCell(3), x(2, 4), [x(2, 3)]),
        layer(lambda: layers.LSTMCell(3), x(2, 4), [x(2, 3), x(2, 3)]),
        layer(lambda: layers.GRUCell(3), x(2, 4), [x(2, 3)]),
        layer(lambda: layers.StackedRNNCells([layers.LSTMCell(3), layers.GRUCell(2)]), x(2, 4), [[x(2, 3), x(2, 3)], [x(2, 2)]]),
        # Cells in RNN.
        layer(lambda: layers.RNN(layers.LSTMCell(3)), x(2, 4, 2)),
        layer(lambda: layers.RNN(layers.GRUCell(3), return_sequences=True, return_state=True), x(3, 5, 2), call={"mask": MASK}),
        layer(lambda: layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)]), x(3, 4, 2)),
        layer(
            lambda: layers.RNN([layers.GRUCell(3), layers.LSTMCell(2), layers.SimpleRNNCell(4)], return_sequences=True, return_state=True),
            x(3, 5, 2),
            call={"mask": MASK},
        ),
        layer(
            lambda: layers.RNN([layers.LSTMCell(3), layers.LSTMCell(2)], return_sequences=True, go_backwards=True, zero_output_for_mask=True),
            x(3, 5, 2),
            call={"mask": MASK},
        ),
        layer(
            lambda: layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)], return_state=True),
            x(2, 4, 2),
            call={"initial_state": [[x(2, 3), x(2, 3)], [x(2, 2)]]},
        ),
        layer(
            lambda: layers.RNN([layers.LSTMCell(3, dropout=0.4, seed=1), layers.GRUCell(2, recurrent_dropout=0.3, seed=2)]),
            x(2, 4, 2),
            call=TRAIN,
            calls=2,
        ),
        layer(lambda: layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)], stateful=True), x(2, 4, 2), calls=2),
    ],
    "bidirectional": [
        layer(lambda: layers.Bidirectional(layers.LSTM(3)), x(2, 4, 2)),
        *[
            layer(lambda mode=mode: layers.Bidirectional(layers.GRU(3, return_sequences=True), merge_mode=mode), x(3, 5, 2), call={"mask": MASK})
            for mode in ("concat", "sum", "mul", "ave", None)
        ],
        layer(lambda: layers.Bidirectional(layers.SimpleRNN(3), merge_mode=None), x(2, 4, 2)),
        layer(
            lambda: layers.Bidirectional(layers.LSTM(3, return_sequences=True, return_state=True)),
            x(2, 4, 2),
            call={"initial_state": [x(2, 3) for _ in range(4)]},
        ),
        layer(lambda: layers.Bidirectional(layers.GRU(3, return_state=True), merge_mode="sum"), x(3, 5, 2), call={"mask": RIGHT}),
        layer(
            lambda: layers.Bidirectional(
                layers.LSTM(3, return_sequences=True),
                backward_layer=layers.GRU(3, return_sequences=True, go_backwards=True, activation="relu"),
            ),
            x(2, 4, 2),
        ),
        layer(lambda: layers.Bidirectional(layers.GRU(3, stateful=True)), x(2, 4, 2), calls=2),
        layer(lambda: layers.Bidirectional(layers.LSTM(3, dropout=0.4, seed=5)), x(2, 4, 2), call=TRAIN),
        layer(lambda: layers.Bidirectional(layers.RNN(layers.GRUCell(3), return_sequences=True)), x(2, 4, 2)),
    ],
    "time_distributed": [
        layer(lambda: layers.TimeDistributed(layers.Dense(3, activation="tanh")), x(2, 4, 2)),
        layer(lambda: layers.TimeDistributed(layers.Dense(3)), x(2, 3, 4, 2)),
        layer(lambda: layers.TimeDistributed(layers.LSTM(3)), x(2, 3, 4, 2)),
        layer(lambda: layers.TimeDistributed(layers.Dense(3)), x(3, 5, 2), call={"mask": MASK}),
        layer(lambda: layers.TimeDistributed(layers.GRU(3)), x(2, 3, 4, 2), call={"mask": np.array(2 * [[[1, 1, 0, 1], [1, 0, 0, 0], [0, 1, 1, 1]]], dtype=bool)}),
    ],
    "conv_lstm": [
        layer(lambda: layers.ConvLSTM1D(2, 3), x(2, 3, 6, 2)),
        layer(lambda: layers.ConvLSTM1D(2, 3, strides=2, padding="same", return_sequences=True, return_state=True), x(2, 3, 6, 2)),
        layer(lambda: layers.ConvLSTM1D(2, 2, dilation_rate=2, return_sequences=True), x(3, 5, 6, 2), call={"mask": MASK}),
        layer(lambda: layers.ConvLSTM2D(2, (3, 2), padding="same"), x(2, 3, 4, 5, 2)),
        layer(lambda: layers.ConvLSTM2D(2, 2, go_backwards=True, return_sequences=True, use_bias=False), x(2, 3, 4, 4, 1)),
        layer(
            lambda: layers.ConvLSTM2D(
                2,
                2,
                unit_forget_bias=False,
                recurrent_activation="hard_sigmoid",
                activation="relu",
                kernel_regularizer="l2",
                recurrent_regularizer="l1",
                bias_regularizer="l2",
                activity_regularizer="l2",
                kernel_constraint=constraints.MaxNorm(1.5),
                bias_initializer="ones",
            ),
            x(2, 3, 4, 4, 1),
        ),
        layer(lambda: layers.ConvLSTM2D(2, 2, stateful=True, return_state=True), x(2, 2, 3, 3, 1), calls=2),
        layer(lambda: layers.ConvLSTM2D(2, 2, dropout=0.3, recurrent_dropout=0.4, seed=6), x(2, 2, 3, 3, 1), call=TRAIN),
        layer(lambda: layers.ConvLSTM2D(2, 2, return_state=True), x(2, 2, 3, 3, 1), call={"initial_state": [x(2, 2, 2, 2), x(2, 2, 2, 2)]}),
        layer(lambda: layers.ConvLSTM3D(2, 2), x(2, 2, 3, 3, 3, 1)),
        layer(lambda: layers.Bidirectional(layers.ConvLSTM1D(2, 2, return_sequences=True)), x(2, 3, 4, 1)),
    ],
}

if __name__ == "__main__":
    for family in sys.argv[1:] or CASES:
        record_layers(family, CASES[family])
