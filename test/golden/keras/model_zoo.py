"""The models that generate_keras.py records: `(make, inputs, outputs)`, `make()` gives a compiled model. An input is a shape, or (kind, shape, n)
as an output is: "float", "int" (below n), "one_hot" (of n classes), "binary".

Models with an Embedding train with SGD: where a batch has a row several times, Keras on TensorFlow squares the parts of its gradient
one by one in Adam and others, and not their sum as Keras on JAX and PyTorch do."""

import keras
from keras import layers, ops

FLOAT1 = [("float", (1,))]


def compiled(model, optimizer="adam", loss="mse", **options):
    model.compile(optimizer, loss, **options)
    return model


def sequential(shape, *stack, **options):
    return compiled(keras.Sequential([keras.Input(shape), *stack]), **options)


def tokens(n, high):
    return ("int", (n,), high)


# ---- dense, regularized, constrained ------------------------------------------------------------


def dense_classifier():
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(8, activation="relu", kernel_regularizer=keras.regularizers.L2(0.01)),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, [(4,)], [("int", (), 3)]


def dense_regression():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(5, activation="tanh"), layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), "mse", metrics=["mae"])
    return model, [(3,)], [("float", (1,))]


def dense_binary():
    model = keras.Sequential(
        [keras.Input((3,)), layers.Dense(4, activation="gelu", use_bias=False), layers.Dense(1, activation="sigmoid")]
    )
    model.compile(keras.optimizers.Adam(0.02), keras.losses.BinaryCrossentropy(label_smoothing=0.1), metrics=["accuracy"])
    return model, [(3,)], [("int", (1,), 2)]


def dense_one_hot():
    model = keras.Sequential([keras.Input((5, 3)), layers.Dense(4, kernel_constraint="max_norm")])
    model.compile(
        keras.optimizers.SGD(0.1, nesterov=True, momentum=0.5),
        keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model, [(5, 3)], [("one_hot", (5,), 4)]


def functional_shared():
    a = keras.Input((4,), name="a")
    b = keras.Input((4,), name="b")
    shared = layers.Dense(6, activation="elu", name="shared")
    out1 = layers.Dense(1, name="first")(shared(a))
    out2 = layers.Dense(2, activation="softmax", name="second")(shared(layers.Dense(4, name="before")(b)))
    model = keras.Model([a, b], [out1, out2])
    model.compile(
        keras.optimizers.Adam(0.01),
        loss={"first": "mse", "second": "sparse_categorical_crossentropy"},
        loss_weights={"first": 0.5, "second": 2.0},
    )
    return model, [(4,), (4,)], [("float", (1,)), ("int", (), 2)]


def nested():
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(4, activation="silu")], name="inner")
    x = keras.Input((3,), name="x")
    y = layers.Dense(1, name="out")(inner(x))
    model = keras.Model(x, y)
    model.compile(keras.optimizers.Adam(0.01), "mean_absolute_error")
    return model, [(3,)], [("float", (1,))]


# ---- optimizers, each with a schedule or an option somewhere ---------------------------------------


def optimizer_model(name, make, loss="mse"):
    def build():
        model = keras.Sequential(
            [keras.Input((3,)), layers.Dense(6, activation="tanh"), layers.Dense(2), layers.Dense(1)]
        )
        return compiled(model, make(), loss), [(3,)], FLOAT1

    build.__name__ = f"optimizer_{name}"
    return build


O = keras.optimizers
S = keras.optimizers.schedules
OPTIMIZERS = [
    optimizer_model("rmsprop", lambda: O.RMSprop(0.01, rho=0.8, momentum=0.2, centered=True)),
    optimizer_model("adamw", lambda: O.AdamW(S.CosineDecay(0.02, 20), weight_decay=0.01, clipnorm=1.0)),
    optimizer_model("adadelta", lambda: O.Adadelta(0.5)),
    optimizer_model("adagrad", lambda: O.Adagrad(S.ExponentialDecay(0.1, 5, 0.9, staircase=True))),
    optimizer_model("adamax", lambda: O.Adamax(S.PolynomialDecay(0.02, 10, 0.001))),
    optimizer_model("adafactor", lambda: O.Adafactor(0.05)),
    optimizer_model("nadam", lambda: O.Nadam(S.InverseTimeDecay(0.02, 5, 0.5))),
    optimizer_model("ftrl", lambda: O.Ftrl(0.1, l1_regularization_strength=0.001)),
    optimizer_model("lion", lambda: O.Lion(S.PiecewiseConstantDecay([4, 8], [0.01, 0.005, 0.001]), global_clipnorm=1.0)),
    optimizer_model("lamb", lambda: O.Lamb(0.01, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=4)),
    optimizer_model("muon", lambda: O.Muon(0.01)),
    optimizer_model("amsgrad", lambda: O.Adam(0.01, amsgrad=True, clipvalue=0.1)),
    optimizer_model("accumulating", lambda: O.SGD(S.CosineDecayRestarts(0.05, 6), gradient_accumulation_steps=2)),
]

# ---- losses and metrics ------------------------------------------------------------------------------


def loss_model(name, loss, output, units, activation=None, metrics=()):
    def build():
        model = keras.Sequential([keras.Input((4,)), layers.Dense(5, activation="relu"), layers.Dense(units, activation=activation)])
        return compiled(model, O.Adam(0.01), loss(), metrics=[m() for m in metrics]), [(4,)], [output]

    build.__name__ = f"loss_{name}"
    return build


L, M = keras.losses, keras.metrics
LOSSES = [
    loss_model("huber", lambda: L.Huber(0.7), ("float", (2,)), 2, None, [M.RootMeanSquaredError, M.R2Score]),
    loss_model("log_cosh", lambda: L.LogCosh(), ("float", (2,)), 2, None, [M.MeanAbsolutePercentageError, M.LogCoshError]),
    loss_model("poisson", lambda: L.Poisson(), ("int", (2,), 5), 2, "softplus", [M.Poisson, M.MeanSquaredLogarithmicError]),
    loss_model("cosine", lambda: L.CosineSimilarity(axis=-1), ("float", (3,)), 3, None, [M.CosineSimilarity]),
    loss_model("hinge", lambda: L.Hinge(), ("binary", (1,)), 1, "tanh", [M.Hinge, M.SquaredHinge]),
    loss_model("kl", lambda: L.KLDivergence(), ("one_hot", (), 3), 3, "softmax", [M.KLDivergence, M.CategoricalAccuracy]),
    loss_model(
        "focal", lambda: L.BinaryFocalCrossentropy(apply_class_balancing=True), ("binary", (1,)), 1, "sigmoid",
        [lambda: M.AUC(num_thresholds=20), M.Precision, M.Recall, lambda: M.F1Score(threshold=0.5)],
    ),
    loss_model(
        "categorical_focal", lambda: L.CategoricalFocalCrossentropy(), ("one_hot", (), 4), 4, "softmax",
        [lambda: M.TopKCategoricalAccuracy(2), M.CategoricalCrossentropy],
    ),
    loss_model(
        "sparse", lambda: L.SparseCategoricalCrossentropy(from_logits=True, ignore_class=1), ("int", (), 4), 4, None,
        [lambda: M.SparseTopKCategoricalAccuracy(2), lambda: M.SparseCategoricalCrossentropy(from_logits=True)],
    ),
    loss_model("dice", lambda: L.Dice(), ("binary", (3,)), 3, "sigmoid", [lambda: M.BinaryIoU([0, 1], threshold=0.4)]),
]  # fmt: skip

# ---- convolution, pooling, normalization --------------------------------------------------------------


def cnn():
    model = sequential(
        (8, 8, 3), layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(), layers.Conv2D(6, 3, padding="same"),
        layers.BatchNormalization(), layers.ReLU(), layers.GlobalAveragePooling2D(), layers.Dense(3, activation="softmax"),
        loss="sparse_categorical_crossentropy", metrics=["accuracy"],
    )  # fmt: skip
    return model, [(8, 8, 3)], [("int", (), 3)]


def residual():
    x = keras.Input((6, 6, 4))
    y = layers.Conv2D(4, 3, padding="same", use_bias=False)(x)
    y = layers.BatchNormalization(momentum=0.9)(y)
    y = layers.Activation("relu")(y)
    y = layers.Conv2D(4, 3, padding="same", kernel_initializer="he_normal")(y)
    y = layers.Add()([x, y])
    y = layers.Flatten()(layers.AveragePooling2D(3)(y))
    return compiled(keras.Model(x, layers.Dense(2)(y)), O.SGD(0.01, momentum=0.9)), [(6, 6, 4)], [("float", (2,))]


def separable():
    model = sequential(
        (7, 7, 2), layers.ZeroPadding2D(1), layers.SeparableConv2D(4, 3, depth_multiplier=2, activation="silu"),
        layers.DepthwiseConv2D(3, strides=2), layers.GroupNormalization(2), layers.Cropping2D(((0, 1), (1, 0))), layers.Flatten(),
        layers.Dense(1),
    )  # fmt: skip
    return model, [(7, 7, 2)], FLOAT1


def conv_1d():
    model = sequential(
        (12, 3), layers.Conv1D(4, 3, padding="causal", dilation_rate=2, activation="relu"), layers.MaxPooling1D(2),
        layers.SeparableConv1D(5, 2), layers.LayerNormalization(), layers.GlobalMaxPooling1D(), layers.Dense(1),
    )  # fmt: skip
    return model, [(12, 3)], FLOAT1


def conv_3d():
    model = sequential(
        (4, 5, 5, 2), layers.Conv3D(3, 2, activation="relu"), layers.AveragePooling3D(2), layers.Flatten(), layers.Dense(1),
    )  # fmt: skip
    return model, [(4, 5, 5, 2)], FLOAT1


def autoencoder():
    model = sequential(
        (8, 8, 1), layers.Conv2D(4, 3, strides=2, padding="same", activation="relu"),
        layers.Conv2DTranspose(3, 3, strides=2, padding="same", activation="relu"), layers.Conv2D(1, 3, padding="same"),
    )  # fmt: skip
    return model, [(8, 8, 1)], [("float", (8, 8, 1))]


def unet():
    x = keras.Input((8, 8, 2))
    a = layers.Conv2D(3, 3, padding="same", activation="relu")(x)
    b = layers.Conv2D(4, 3, padding="same", activation="relu")(layers.MaxPooling2D()(a))
    y = layers.Concatenate()([layers.UpSampling2D(interpolation="bilinear")(b), a])
    y = layers.Conv2D(1, 1, activation="sigmoid")(y)
    return compiled(keras.Model(x, y), "adam", "binary_crossentropy"), [(8, 8, 2)], [("binary", (8, 8, 1))]


def channels_mixed():
    model = sequential(
        (5, 5, 4), layers.Conv2D(6, 3, groups=2), layers.PReLU(shared_axes=[1, 2]), layers.SpatialDropout2D(0.3, seed=3),
        layers.UnitNormalization(), layers.Permute((3, 1, 2)), layers.Flatten(), layers.Dense(1),
    )  # fmt: skip
    return model, [(5, 5, 4)], FLOAT1


def regularized():
    model = sequential(
        (6,), layers.Dense(8, activation="leaky_relu", activity_regularizer="l2"), layers.Dropout(0.4, seed=7),
        layers.ActivityRegularization(l1=0.01), layers.GaussianNoise(0.1, seed=8), layers.BatchNormalization(center=False),
        layers.AlphaDropout(0.2, seed=9), layers.GaussianDropout(0.2, seed=10), layers.Dense(1),
    )  # fmt: skip
    return model, [(6,)], FLOAT1


def normalized():
    model = sequential(
        (4, 6), layers.RMSNormalization(), layers.Dense(6, activation="gelu"), layers.LayerNormalization(axis=[1, 2]),
        layers.SpectralNormalization(layers.Dense(4)), layers.Flatten(), layers.Dense(1),
    )  # fmt: skip
    return model, [(4, 6)], FLOAT1


# ---- recurrent --------------------------------------------------------------------------------------


def lstm():
    return sequential((7, 3), layers.LSTM(5), layers.Dense(1)), [(7, 3)], FLOAT1


def stacked_lstm():
    model = sequential((6, 2), layers.LSTM(4, return_sequences=True, dropout=0.2, seed=2), layers.LSTM(3, go_backwards=True), layers.Dense(1))
    return model, [(6, 2)], FLOAT1


def gru():
    return sequential((6, 3), layers.GRU(4, return_sequences=True), layers.GRU(3, reset_after=False), layers.Dense(1)), [(6, 3)], FLOAT1


def simple_rnn():
    model = sequential((5, 3), layers.SimpleRNN(4, return_sequences=True), layers.TimeDistributed(layers.Dense(2)))
    return model, [(5, 3)], [("float", (5, 2))]


def bidirectional():
    model = sequential(
        (6, 2), layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
        layers.Bidirectional(layers.GRU(2), merge_mode="sum"), layers.Dense(1),
    )  # fmt: skip
    return model, [(6, 2)], FLOAT1


def masked_text():
    model = sequential(
        (8,), layers.Embedding(12, 5, mask_zero=True), layers.LSTM(4), layers.Dense(1, activation="sigmoid"),
        optimizer=O.SGD(0.1, momentum=0.9), loss="binary_crossentropy", metrics=["accuracy"],
    )  # fmt: skip
    return model, [tokens(8, 12)], [("binary", (1,))]


def embedding_average():
    model = sequential(
        (6,), layers.Embedding(9, 4, embeddings_regularizer="l2"), layers.GlobalAveragePooling1D(), layers.Dense(3, activation="softmax"),
        optimizer=O.SGD(0.1), loss="sparse_categorical_crossentropy",
    )  # fmt: skip
    return model, [tokens(6, 9)], [("int", (), 3)]


def cells():
    model = sequential((5, 3), layers.RNN([layers.GRUCell(4), layers.LSTMCell(3)]), layers.Dense(1))
    return model, [(5, 3)], FLOAT1


def conv_lstm():
    model = sequential((3, 5, 5, 1), layers.ConvLSTM2D(2, 3, padding="same"), layers.Flatten(), layers.Dense(1))
    return model, [(3, 5, 5, 1)], FLOAT1


def masking():
    model = sequential((6, 2), layers.Masking(0.0), layers.SimpleRNN(3, return_sequences=True), layers.GRU(3), layers.Dense(1))
    return model, [(6, 2)], FLOAT1


def seq2seq():
    a = keras.Input((5, 3), name="source")
    b = keras.Input((4, 2), name="target")
    _, h, c = layers.LSTM(4, return_state=True)(a)
    y = layers.LSTM(4, return_sequences=True)(b, initial_state=[h, c])
    return compiled(keras.Model([a, b], layers.Dense(2)(y))), [(5, 3), (4, 2)], [("float", (4, 2))]


# ---- attention ------------------------------------------------------------------------------------------


def transformer():
    x = keras.Input((6, 8))
    a = layers.MultiHeadAttention(2, 4)(x, x)
    y = layers.LayerNormalization()(layers.Add()([x, a]))
    z = layers.Dense(8)(layers.Dense(12, activation="gelu")(y))
    y = layers.LayerNormalization()(layers.Add()([y, z]))
    y = layers.Dense(1)(layers.GlobalAveragePooling1D()(y))
    return compiled(keras.Model(x, y)), [(6, 8)], FLOAT1


def causal_language_model():
    x = keras.Input((7,), dtype="int32")
    y = layers.Embedding(11, 8)(x)
    a = layers.MultiHeadAttention(2, 4, dropout=0.1, seed=4)(y, y, use_causal_mask=True)
    y = layers.LayerNormalization(epsilon=1e-5)(y + a)
    y = layers.Dense(11)(y)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return compiled(keras.Model(x, y), O.SGD(0.05, nesterov=True, momentum=0.8), loss), [tokens(7, 11)], [("int", (7,), 11)]


def attention():
    q = keras.Input((4, 3), name="q")
    v = keras.Input((5, 3), name="v")
    y = layers.Attention(use_scale=True)([q, v])
    z = layers.AdditiveAttention()([q, v])
    y = layers.Dense(1)(layers.Flatten()(layers.Concatenate()([y, z])))
    return compiled(keras.Model([q, v], y)), [(4, 3), (5, 3)], FLOAT1


def grouped_attention():
    x = keras.Input((5, 8))
    y = layers.GroupQueryAttention(4, 4, 2)(x, x)
    return compiled(keras.Model(x, layers.Dense(1)(layers.Flatten()(y)))), [(5, 8)], FLOAT1


def einsum_dense():
    model = sequential(
        (4, 6), layers.EinsumDense("abc,cd->abd", (None, 5), bias_axes="d", activation="relu"), layers.Reshape((20,)), layers.Dense(1),
    )  # fmt: skip
    return model, [(4, 6)], FLOAT1


# ---- merging, reshaping, ops ------------------------------------------------------------------------------


def merging():
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    parts = [layers.Average()([a, b]), layers.Maximum()([a, b]), layers.Minimum()([a, b]), layers.Multiply()([a, b])]
    y = layers.Concatenate()([*parts, layers.Subtract()([a, b]), layers.Dot(-1, normalize=True)([a, b])])
    return compiled(keras.Model([a, b], layers.Dense(1)(y))), [(4,), (4,)], FLOAT1


def reshaping():
    model = sequential(
        (6,), layers.RepeatVector(4), layers.ZeroPadding1D(1), layers.Cropping1D((0, 2)), layers.UpSampling1D(2), layers.Permute((2, 1)),
        layers.Reshape((-1, 4)), layers.Flatten(), layers.Dense(1),
    )  # fmt: skip
    return model, [(6,)], FLOAT1


def operators():
    x, z = keras.Input((5,), name="x"), keras.Input((5,), name="z")
    y = 2.0 * x - z / 3.0 + ops.tanh(x @ ops.transpose(ops.ones((3, 5))))[:, :1]
    y = ops.concatenate([y, ops.expand_dims(ops.mean(z, axis=1), 1), ops.maximum(x, 0.5)], axis=-1)
    return compiled(keras.Model([x, z], layers.Dense(1)(y))), [(5,), (5,)], FLOAT1


def operations():
    x = keras.Input((3, 4))
    y = ops.softmax(ops.reshape(x, (-1, 12))) * ops.exp(-ops.square(ops.sum(x, axis=(1, 2), keepdims=False)))[:, None]
    y = ops.where(y > 0.05, y, ops.zeros_like(y))
    return compiled(keras.Model(x, layers.Dense(1)(y))), [(3, 4)], FLOAT1


def dictionary():
    inputs = {"left": keras.Input((3,), name="left"), "right": keras.Input((2,), name="right")}
    y = layers.Concatenate()([inputs["left"], inputs["right"]])
    model = keras.Model(inputs, {"sum": layers.Dense(1, name="sum")(y), "kind": layers.Dense(2, activation="softmax", name="kind")(y)})
    model.compile("adam", {"sum": "mse", "kind": "sparse_categorical_crossentropy"}, metrics={"kind": ["accuracy"]})
    return model, {"left": (3,), "right": (2,)}, {"sum": ("float", (1,)), "kind": ("int", (), 2)}


def frozen():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(5, activation="relu", trainable=False), layers.BatchNormalization(), layers.Dense(1)])
    model.layers[1].trainable = False
    return compiled(model), [(4,)], FLOAT1


def shared_nested():
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(4), layers.Dropout(0.2, seed=1)], name="twin")
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    y = layers.Dense(1)(layers.Subtract()([inner(a), inner(b)]))
    return compiled(keras.Model([a, b], y)), [(3,), (3,)], FLOAT1


def deep_nested():
    block = keras.Sequential([layers.Dense(4, activation="relu"), layers.BatchNormalization()], name="block")
    middle = keras.Sequential([block, layers.Dense(3)], name="middle")
    return sequential((4,), middle, layers.Dense(1)), [(4,)], FLOAT1


def mixed_bfloat16():
    policy = keras.DTypePolicy("mixed_bfloat16")
    model = keras.Sequential([keras.Input((4,)), layers.Dense(8, activation="relu", dtype=policy), layers.Dense(1)])
    return compiled(model), [(4,)], FLOAT1


def mixed_float16():
    policy = keras.DTypePolicy("mixed_float16")
    model = keras.Sequential([keras.Input((4,)), layers.Dense(8, activation="relu", dtype=policy), layers.Dense(1)])
    return compiled(model, O.LossScaleOptimizer(O.Adam(0.01), initial_scale=1024.0)), [(4,)], FLOAT1


def float64():
    model = keras.Sequential([keras.Input((3,), dtype="float64"), layers.Dense(4, dtype="float64"), layers.Dense(1, dtype="float64")])
    return compiled(model, O.SGD(0.05)), [(3,)], FLOAT1


MODELS = [
    *[dense_classifier, dense_regression, dense_binary, dense_one_hot, functional_shared, nested],
    *OPTIMIZERS,
    *LOSSES,
    *[cnn, residual, separable, conv_1d, conv_3d, autoencoder, unet, channels_mixed, regularized, normalized],
    *[lstm, stacked_lstm, gru, simple_rnn, bidirectional, masked_text, embedding_average, cells, conv_lstm, masking, seq2seq],
    *[transformer, causal_language_model, attention, grouped_attention, einsum_dense],
    *[merging, reshaping, operators, operations, dictionary, frozen, shared_nested, deep_nested],
    *[mixed_bfloat16, mixed_float16, float64],
]
