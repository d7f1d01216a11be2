"""Layers that learn from data: fixtures/keras/adapted.json; the functions of tf.strings: fixtures/strings.json; models of text in files."""

import os

from recording import KERAS, one_thread
from common import FIXTURES, encode, versions, write_lines
import keras
from keras import layers
import numpy as np
import tensorflow as tf

one_thread()
rng = np.random.default_rng(7)
NUMBERS = rng.normal(size=(60, 3)).astype("float32")
WORDS = ["b", "zz", "a", "b", "é", "zz", "b", "", "[UNK]", "c"]
ROWS = [["b", "zz", "a"], ["b", "é", "zz"], ["b", "", "c"]]
TEXTS = ["The cat, the DOG!", "a  cat's é-Word", "", "dog dog the"]
INTS = [7, 7, 3, -1, 3, 7, 12, 0, 12]


def adapted(make, data, inputs, batches=False):
    """The layer after `adapt`: vocabulary or weights, and what it gives for inputs. `batches`: data is an iterable of batches."""
    made = make()
    tensors = [tf.constant(d) for d in data] if batches else data if isinstance(data, np.ndarray) else tf.constant(data)
    if isinstance(made, layers.Normalization) and not batches:
        tensors = np.array(data)
    config = keras.saving.serialize_keras_object(made)
    made.adapt(iter(tensors) if batches else tensors)
    row = {"config": config, "data": encode(data), "batches": batches, "inputs": encode(inputs), "outputs": encode(made(tf.constant(inputs)))}
    if hasattr(made, "get_vocabulary"):
        row["vocabulary"] = [v if isinstance(v, str) else int(v) for v in made.get_vocabulary()]
    if isinstance(made, layers.Discretization):
        row["boundaries"] = encode(np.array(made.bin_boundaries, "float32"))
    if made.weights:
        row["weights"] = encode([np.asarray(w.numpy()) for w in made.weights])
    after = keras.saving.serialize_keras_object(made)
    row["configAfter"] = after["config"]
    return row


ADAPTED = [
    adapted(lambda: layers.StringLookup(), WORDS, ["b", "q", "zz"]),
    adapted(lambda: layers.StringLookup(mask_token=""), ROWS, [["b", "q", ""]]),
    adapted(lambda: layers.StringLookup(max_tokens=4), WORDS, ["b", "a", "zz"]),
    adapted(lambda: layers.StringLookup(max_tokens=5, num_oov_indices=2, mask_token="b"), WORDS, ["b", "a", "zz"]),
    adapted(lambda: layers.StringLookup(output_mode="tf_idf"), ROWS, [["b", "q", ""]]),
    adapted(lambda: layers.StringLookup(output_mode="tf_idf"), WORDS, ["b", "q", ""]),
    adapted(lambda: layers.StringLookup(output_mode="tf_idf", max_tokens=9, pad_to_max_tokens=True), ROWS, [["b", "q", ""]]),
    adapted(lambda: layers.StringLookup(output_mode="count"), [["b", "zz"], ["c", "c"], ["a", "b"]], ["b", "q", ""], batches=True),
    adapted(lambda: layers.StringLookup(output_mode="tf_idf"), [["b", "zz"], ["c", "c"], ["a", "b"]], ["b", "q", ""], batches=True),
    adapted(lambda: layers.IntegerLookup(), INTS, [3, 7, 100]),
    adapted(lambda: layers.IntegerLookup(mask_token=0, max_tokens=4), INTS, [3, 7, 0]),
    adapted(lambda: layers.IntegerLookup(output_mode="multi_hot"), [INTS[:3], INTS[3:6]], [[3, 7, 100]]),
    adapted(lambda: layers.TextVectorization(), TEXTS, ["the cat", "so"]),
    adapted(lambda: layers.TextVectorization(max_tokens=5, ngrams=2), TEXTS, ["the cat", "dog dog"]),
    adapted(lambda: layers.TextVectorization(output_mode="tf_idf"), TEXTS, ["the cat", "dog dog"]),
    adapted(lambda: layers.TextVectorization(output_mode="tf_idf", split=None), TEXTS, ["the cat", "dog dog"]),
    adapted(lambda: layers.TextVectorization(split="character", output_mode="count"), TEXTS, ["the cat", "dog dog"]),
    adapted(lambda: layers.TextVectorization(), [["a b", "b"], ["c c c"]], ["c b"], batches=True),
    adapted(lambda: layers.Normalization(), NUMBERS, NUMBERS[:2]),
    adapted(lambda: layers.Normalization(axis=None), NUMBERS, NUMBERS[:2]),
    adapted(lambda: layers.Normalization(axis=(1, 2)), NUMBERS.reshape(15, 4, 3), NUMBERS.reshape(15, 4, 3)[:1]),
    adapted(lambda: layers.Normalization(axis=1, invert=True), NUMBERS.reshape(15, 4, 3), NUMBERS.reshape(15, 4, 3)[:1]),
    adapted(lambda: layers.Normalization(), [NUMBERS[:20], NUMBERS[20:30], NUMBERS[30:]], NUMBERS[:2], batches=True),
    adapted(lambda: layers.Discretization(num_bins=4), NUMBERS, NUMBERS[:4]),
    adapted(lambda: layers.Discretization(num_bins=3, epsilon=0.1), NUMBERS, NUMBERS[:4]),
    adapted(lambda: layers.Discretization(num_bins=3, epsilon=0.05, output_mode="one_hot"), [NUMBERS[:20], NUMBERS[20:30], NUMBERS[30:]], NUMBERS[:2, 0], batches=True),
    adapted(lambda: layers.Discretization(num_bins=5), rng.normal(size=1000).astype("float32"), NUMBERS[:2]),
]

BYTES = ["", "a", "Hello  World ", "\tx\ny ", "ÄÖ é", "日本 語", "a,b,,c", "q" * 17, "w" * 33, "e" * 65, "z" * 200, "It's $5 \\x"]
N = 2**62


def text(name, f, *args):
    return {"name": name, "args": list(args), "output": encode(f(BYTES))}


def ragged(r):
    return {"rows": [[v.decode() for v in row] for row in r.numpy()] if not isinstance(r, tf.Tensor) else None}


STRINGS = [
    text("lower", lambda x: tf.strings.lower(x)),
    text("lower", lambda x: tf.strings.lower(x, "utf-8"), {"encoding": "utf-8"}),
    text("upper", lambda x: tf.strings.upper(x)),
    text("upper", lambda x: tf.strings.upper(x, "utf-8"), {"encoding": "utf-8"}),
    text("strip", lambda x: tf.strings.strip(x)),
    text("regexReplace", lambda x: tf.strings.regex_replace(x, "[a-zé]", "<\\0>"), "[a-zé]", "<\\0>"),
    text("regexReplace", lambda x: tf.strings.regex_replace(x, "(.)l", "\\1$1", replace_global=False), "(.)l", "\\1$1", {"replaceGlobal": False}),
    text("regexReplace", lambda x: tf.strings.regex_replace(x, " ", "\\\\"), " ", "\\\\"),
    text("toHashBucketFast", lambda x: tf.strings.to_hash_bucket_fast(x, 1000), 1000),
    text("toHashBucketFast", lambda x: tf.strings.to_hash_bucket_fast(x, 2**53 - 1), 2**53 - 1),
    text("toHashBucketStrong", lambda x: tf.strings.to_hash_bucket_strong(x, 2**53 - 1, [17, -99]), 2**53 - 1, [17, -99]),
    {"name": "split", "args": [], **ragged(tf.strings.split(BYTES))},
    {"name": "split", "args": [{"sep": ","}], **ragged(tf.strings.split(BYTES, ","))},
    {"name": "split", "args": [{"sep": ",", "maxsplit": 1}], **ragged(tf.strings.split(BYTES, ",", 1))},
    {"name": "split", "args": [{"maxsplit": 1}], **ragged(tf.strings.split(BYTES, maxsplit=1))},
    {"name": "unicodeSplit", "args": ["UTF-8"], **ragged(tf.strings.unicode_split(BYTES, "UTF-8"))},
    {"name": "ngrams", "args": [[1, 3]], "output": encode(tf.strings.ngrams(BYTES, [1, 3]))},
    {"name": "ngrams", "args": [2, {"separator": "|é"}], "output": encode(tf.strings.ngrams(BYTES, 2, separator="|é"))},
]


def save_models():
    keras.utils.set_random_seed(3)
    vectorize = layers.TextVectorization(output_mode="tf_idf")
    vectorize.adapt(TEXTS)
    lookup = layers.StringLookup(mask_token="")
    lookup.adapt(WORDS)
    integers = layers.IntegerLookup(output_mode="one_hot")
    integers.adapt(INTS)
    normalization = layers.Normalization()
    normalization.adapt(NUMBERS)
    bins = layers.Discretization(num_bins=4)
    bins.adapt(NUMBERS)
    words = layers.StringLookup(vocabulary=["a", "b"], num_oov_indices=2, salt=5)
    text, word = keras.Input((), dtype="string", name="text"), keras.Input((1,), dtype="string", name="word")
    integer, number = keras.Input((1,), dtype="int64", name="integer"), keras.Input((3,), name="number")
    parts = [
        vectorize(text),
        layers.Flatten()(layers.Embedding(8, 2)(lookup(word))),
        layers.Flatten()(layers.Embedding(4, 2)(words(word))),
        integers(integer),
        normalization(number),
        layers.Flatten()(layers.Embedding(4, 1)(bins(number))),
    ]
    model = keras.Model([text, word, integer, number], layers.Dense(2)(layers.Concatenate()(parts)))
    model.save(os.path.join(KERAS, "text.keras"))
    values = [np.array(TEXTS), np.array([["b"], [""], ["q"], ["zz"]]), np.array([[7], [3], [99], [0]]), NUMBERS[:4]]
    outputs = model([tf.constant(v) for v in values])
    return {"model": "text.keras", "inputs": encode(values), "outputs": encode(outputs)}


if __name__ == "__main__":
    rows = [*ADAPTED, save_models()]
    size = write_lines(os.path.join(KERAS, "adapted.json"), {"versions": versions()}, "cases", rows)
    print("adapted.json", size)
    size = write_lines(os.path.join(FIXTURES, "strings.json"), {"versions": versions(), "input": BYTES}, "cases", STRINGS)
    print("strings.json", size)
