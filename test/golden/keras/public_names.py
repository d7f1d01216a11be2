"""Records the public names of Keras, for docs/coverage.md. Writes fixtures/keras/public_names.json."""

import inspect
import json
import os
import types

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "fixtures", "keras", "public_names.json")

MODULES = [
    "layers",
    "models",
    "losses",
    "metrics",
    "optimizers",
    "optimizers.schedules",
    "initializers",
    "regularizers",
    "constraints",
    "activations",
    "callbacks",
    "utils",
    "saving",
    "random",
    "config",
    "mixed_precision",
    "ops",
    "ops.image",
    "ops.linalg",
    "ops.nn",
    "ops.numpy",
]


def names_of(module):
    """The names in their order, each with the object's own name: second names of one object have the same."""
    found = {}
    for name in sorted(dir(module)):
        value = getattr(module, name)
        if name.startswith("_") or isinstance(value, types.ModuleType):
            continue
        found[name] = f"{value.__module__}.{value.__qualname__}" if inspect.isclass(value) or callable(value) else name
    return found


def main():
    modules = {}
    for path in MODULES:
        module = keras
        for part in path.split("."):
            module = getattr(module, part)
        modules[path] = names_of(module)
    with open(OUT, "w", encoding="utf-8") as file:
        json.dump({"version": keras.__version__, "modules": modules}, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
