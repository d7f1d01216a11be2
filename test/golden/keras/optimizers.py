"""Records six steps of Keras's optimizers in several configurations: fixtures/keras/optimizers.json.

    python test/golden/keras/optimizers.py

SGD and Adam are in generate_optimizers.py too, with sparse gradients. Every step holds the variables; the second and the last also
the optimizer's own variables, in their order.
"""

import os
import sys
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from common import FIXTURES, encode, generator, keras, np, one_thread, tf, versions, write_lines  # noqa: E402
from generate import snake  # noqa: E402

STEPS = 6
NAMES = ["kernel", "bias", "embedding", "cube", "scalar"]
SHAPES = [[3, 2], [4], [2, 3], [2, 1, 2], []]
PYTHON = {
    "epsilon1": "epsilon_1",
    "epsilon2": "epsilon_2",
    "beta1": "beta_1",
    "beta2": "beta_2",
    "beta2Decay": "beta_2_decay",
    "adamBeta1": "adam_beta_1",
    "adamBeta2": "adam_beta_2",
}
ADAM_LIKE = [{}, {"learningRate": 0.1, "beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3}]
COMMON = [
    {"learningRate": 0.1, "weightDecay": 0.05},
    {"learningRate": 0.1, "clipnorm": 0.7},
    {"learningRate": 0.1, "useEma": True, "emaMomentum": 0.8, "emaOverwriteFrequency": 2},
    {"learningRate": 0.1, "gradientAccumulationSteps": 2},
]
SETTINGS = {
    "RMSprop": [
        {},
        {"learningRate": 0.1},
        {"learningRate": 0.1, "momentum": 0.8},
        {"learningRate": 0.1, "centered": True},
        {"learningRate": 0.1, "rho": 0.5, "momentum": 0.9, "centered": True, "epsilon": 1e-3},
        {"learningRate": 0.1, "globalClipnorm": 1.0, "lossScaleFactor": 4.0},
        {"learningRate": 0.1, "clipvalue": 0.4, "momentum": 0.8, "gradientAccumulationSteps": 3},
        *COMMON,
    ],
    "AdamW": [*ADAM_LIKE, {"learningRate": 0.1, "weightDecay": 0.1, "amsgrad": True}, *COMMON[1:]],
    "Adadelta": [{}, {"learningRate": 1.0, "rho": 0.8, "epsilon": 1e-3}, *COMMON],
    "Adagrad": [{}, {"learningRate": 0.1, "initialAccumulatorValue": 0.5, "epsilon": 1e-2}, *COMMON],
    "Adamax": [{}, {"learningRate": 0.1, "beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3}, *COMMON],
    "Adafactor": [
        {},
        {"learningRate": 0.1},
        {"learningRate": 0.5, "relativeStep": False, "beta2Decay": -0.5, "epsilon1": 1e-6, "epsilon2": 0.1, "clipThreshold": 0.5},
        *COMMON,
    ],
    "Nadam": [*ADAM_LIKE, *COMMON],
    "Ftrl": [
        {},
        {"learningRate": 0.1},
        {"learningRate": 0.2, "l1RegularizationStrength": 0.05, "l2RegularizationStrength": 0.1},
        {"learningRate": 0.2, "l2ShrinkageRegularizationStrength": 0.1, "beta": 0.3, "initialAccumulatorValue": 0.4},
        {"learningRate": 0.2, "learningRatePower": -0.3},
        {"learningRate": 0.2, "learningRatePower": 0.0},
        *COMMON,
    ],
    "Lion": [{}, {"learningRate": 0.1, "beta1": 0.6, "beta2": 0.8}, *COMMON],
    "Lamb": [*ADAM_LIKE, *COMMON],
    "Muon": [
        {},
        {"learningRate": 0.1, "nesterov": False, "momentum": 0.5, "nsSteps": 2},
        {"learningRate": 0.1, "rmsRate": None, "adamLrRatio": 0.5, "adamWeightDecay": None, "weightDecay": 0.1},
        {"learningRate": 0.1, "excludeLayers": ["kern"], "excludeEmbeddings": False, "adamBeta1": 0.5, "adamBeta2": 0.9},
        {"learningRate": 0.1, "muonA": 3.0, "muonB": -4.0, "muonC": 2.0},
        *COMMON,
    ],
    "ScheduleFreeAdamW": [*ADAM_LIKE, {"learningRate": 0.1, "warmupSteps": 4}, *COMMON],
    "SGD": [{"learningRate": 0.1, "momentum": 0.9, "nesterov": True, "weightDecay": 0.05}],
    "Adam": [{"learningRate": 0.1, "amsgrad": True, "useEma": True, "emaMomentum": 0.8}],
}
DOUBLE = ["RMSprop", "Adadelta", "Adagrad", "Adamax", "Nadam", "Ftrl", "Lion", "Lamb", "Adafactor", "ScheduleFreeAdamW"]


def python_options(options):
    return {PYTHON.get(k, snake(k)): v for k, v in options.items()}


def random_array(rng, shape, dtype, scale):
    return np.array([rng.uniform(-scale, scale) for _ in range(int(np.prod(shape)))], dtype).reshape(shape)


def data(dtype):
    rng = generator(31)
    start = [random_array(rng, s, dtype, 2.0) for s in SHAPES]
    return start, [[random_array(rng, s, dtype, 1.0) for s in SHAPES] for _ in range(STEPS)]


def run(make, start, gradients):
    keras.backend.clear_session()
    optimizer = make()
    variables = [keras.Variable(s, name=name, dtype=str(s.dtype)) for s, name in zip(start, NAMES)]
    steps = []
    for index, grads in enumerate(gradients):
        optimizer.apply([tf.constant(g) for g in grads], variables)
        step = {} if index == 2 else {"variables": [encode(v.numpy()) for v in variables]}
        if index in (1, STEPS - 1):
            step["optimizer"] = [[v.path.split("/")[-1], encode(v.numpy()), keras.backend.standardize_dtype(v.dtype)] for v in optimizer.variables]
        steps.append(step)
    return {"steps": steps, "config": keras.saving.serialize_keras_object(optimizer)}


def label(kind, options):
    return " ".join([kind, *(f"{k}={v}" for k, v in options.items())])


def cases(sets):
    for kind, settings in SETTINGS.items():
        for options in settings:
            for name in ("float32", "float64") if options == {"learningRate": 0.1, "weightDecay": 0.05} and kind in DOUBLE else ("float32",):
                make = lambda: getattr(keras.optimizers, kind)(**python_options(options))  # noqa: E731
                yield f"{label(kind, options)}, {name}", {"optimizer": kind, "options": options, "data": name, **run(make, *sets[name])}
    for kind in ("RMSprop", "Adam", "SGD"):
        schedule = lambda: keras.optimizers.schedules.ExponentialDecay(0.5, 2, 0.7)  # noqa: E731
        make = lambda: getattr(keras.optimizers, kind)(learning_rate=schedule())  # noqa: E731
        yield f"{kind} with ExponentialDecay", {"optimizer": kind, "options": None, "data": "float32", **run(make, *sets["float32"])}
    # Steps with infinities are left out, and halve the scale.
    for growth in (2, 3):
        start, gradients = sets["scaled"]
        make = lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.1), initial_scale=8.0, dynamic_growth_steps=growth)  # noqa: E731
        yield f"LossScaleOptimizer, growth after {growth}", {"optimizer": "LossScaleOptimizer", "options": None, "data": "scaled", **run(make, start, gradients)}


def main():
    one_thread()
    warnings.simplefilter("ignore")
    sets = {name: data(dtype) for name, dtype in (("float32", np.float32), ("float64", np.float64), ("scaled", np.float32))}
    sets["scaled"][1][1][2][0, 0] = np.inf
    sets["scaled"][1][4][1][3] = np.nan
    header = {
        "versions": versions(),
        "names": NAMES,
        "data": {name: {"start": encode(start), "gradients": encode(gradients)} for name, (start, gradients) in sets.items()},
    }
    recorded = dict(cases(sets))
    size = write_lines(os.path.join(FIXTURES, "keras", "optimizers.json"), header, "cases", recorded)
    print(f"{len(recorded)} cases, {size} bytes")


if __name__ == "__main__":
    main()
