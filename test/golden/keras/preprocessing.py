"""Layers that prepare data: fixtures/keras/layers/preprocessing.json."""

from recording import ints, layer, record_layers, x
from keras import layers
import numpy as np

WORDS = np.array([["b", "zz", "a"], ["é", "b", ""]])
TEXT = np.array(["The cat, the DOG!", "a  cat's é-Word", ""])


def s(*values):
    return np.array(values)


def plain(make, *args, **kwargs):
    """Integers and text: without gradients and float64."""
    return layer(make, *args, gradients=False, double=False, exact_weights=True, **kwargs)


VOCABULARY = ["a", "b", "é"]
IDF = [0.25, 0.75, 0.6]

CASES = [
    # ---- numbers
    layer(lambda: layers.Normalization(mean=[1.0, 2.0, -1.0], variance=[4.0, 0.25, 0.0]), x(4, 3)),
    layer(lambda: layers.Normalization(mean=2.0, variance=3.0), x(2, 3, 2)),
    layer(lambda: layers.Normalization(axis=None, mean=2.0, variance=3.0, invert=True), x(2, 3)),
    layer(lambda: layers.Normalization(axis=(1, 2), mean=[[1.0, 2.0], [3.0, 4.0]], variance=[[1.0, 2.0], [3.0, 4.0]]), x(2, 2, 2)),
    layer(lambda: layers.Normalization(axis=(-1, 1), mean=[1.0, 2.0], variance=[3.0, 4.0]), x(2, 3, 2)),
    layer(lambda: layers.Normalization(), x(3, 2), exact_weights=True),
    plain(lambda: layers.Normalization(mean=1.0, variance=4.0), ints(2, 3, high=9)),
    plain(lambda: layers.Discretization(bin_boundaries=[0.0, 1.0, 2.0]), x(3, 4)),
    plain(lambda: layers.Discretization(bin_boundaries=[0.0, 1.0]), np.array([0.0, 1.0, 0.99999, -np.inf, np.inf], "float32")),
    plain(lambda: layers.Discretization(bin_boundaries=[0.0, 1.0], output_mode="one_hot"), x(3, 1)),
    plain(lambda: layers.Discretization(bin_boundaries=[0.0, 1.0], output_mode="one_hot"), x(2, 3)),
    plain(lambda: layers.Discretization(bin_boundaries=[0.0, 1.0], output_mode="multi_hot"), x(3, 4)),
    plain(lambda: layers.Discretization(bin_boundaries=[0.0, 1.0], output_mode="count"), x(3, 4)),
    plain(lambda: layers.Discretization(bin_boundaries=[2, 5]), ints(3, 2, high=8)),
    plain(lambda: layers.CategoryEncoding(4), ints(3, 2, high=4)),
    plain(lambda: layers.CategoryEncoding(4, output_mode="one_hot"), ints(3, high=4)),
    plain(lambda: layers.CategoryEncoding(4, output_mode="one_hot"), ints(3, 1, high=4)),
    plain(lambda: layers.CategoryEncoding(4, output_mode="one_hot"), ints(3, 2, high=4, dtype="int64")),
    plain(lambda: layers.CategoryEncoding(4, output_mode="count"), ints(3, 5, high=4)),
    plain(lambda: layers.CategoryEncoding(4, output_mode="count"), ints(5, high=4)),
    plain(lambda: layers.CategoryEncoding(4, output_mode="count"), ints(2, 3, high=4), call={"count_weights": np.array([[0.5, 1.0, 2.0], [1.0, 1.0, 0.25]], "float32")}),
    plain(lambda: layers.Hashing(5), WORDS),
    plain(lambda: layers.Hashing(5, salt=133), WORDS),
    plain(lambda: layers.Hashing(5, salt=[133, -2]), WORDS),
    plain(lambda: layers.Hashing(4, mask_value=""), WORDS),
    plain(lambda: layers.Hashing(7), ints(3, 2, high=1000)),
    plain(lambda: layers.Hashing(7, dtype="int32", mask_value=3), ints(5, low=-3, high=5, dtype="int64")),
    plain(lambda: layers.Hashing(3, output_mode="one_hot"), ints(4, high=9)),
    plain(lambda: layers.Hashing(3, output_mode="multi_hot"), WORDS),
    plain(lambda: layers.Hashing(3, output_mode="count"), WORDS),
    plain(lambda: layers.HashedCrossing(50), [s("a", "b", "a"), s("x", "y", "é")]),
    plain(lambda: layers.HashedCrossing(50), [s(["a"], ["b"]), ints(2, 1, high=9)]),
    plain(lambda: layers.HashedCrossing(7, output_mode="one_hot"), [ints(3, high=9), ints(3, high=9, dtype="int64")]),
    plain(lambda: layers.HashedCrossing(7, output_mode="one_hot"), [s(["a"], ["b"]), s(["c"], ["d"]), s(["e"], ["f"])]),
    layer(lambda: layers.Rescaling(0.5), x(2, 3)),
    layer(lambda: layers.Rescaling([2.0, -1.0], offset=[1.0, 0.5]), x(2, 2, 2)),
    plain(lambda: layers.Rescaling(1 / 255, offset=-1), ints(2, 3, high=255, dtype="uint8")),
    # ---- lookups
    plain(lambda: layers.StringLookup(vocabulary=VOCABULARY), WORDS),
    plain(lambda: layers.StringLookup(vocabulary=VOCABULARY, mask_token=""), WORDS),
    plain(lambda: layers.StringLookup(vocabulary=VOCABULARY, num_oov_indices=3), WORDS),
    plain(lambda: layers.StringLookup(vocabulary=VOCABULARY, num_oov_indices=3, salt=[1, 2], mask_token="b2"), WORDS),
    plain(lambda: layers.StringLookup(vocabulary=["", "zz"] + VOCABULARY, num_oov_indices=0), WORDS),
    plain(lambda: layers.StringLookup(vocabulary=["", "[UNK]"] + VOCABULARY, mask_token=""), WORDS),
    plain(lambda: layers.StringLookup(vocabulary=VOCABULARY, output_mode="one_hot"), WORDS),
    plain(lambda: layers.StringLookup(vocabulary=VOCABULARY, output_mode="one_hot"), s(["a"], ["q"])),
    plain(lambda: layers.StringLookup(vocabulary=VOCABULARY, output_mode="multi_hot", mask_token=""), WORDS),
    plain(lambda: layers.StringLookup(vocabulary=VOCABULARY, output_mode="multi_hot"), s("a", "b", "b")),
    plain(lambda: layers.StringLookup(vocabulary=VOCABULARY, output_mode="count", max_tokens=6, pad_to_max_tokens=True), WORDS),
    plain(lambda: layers.StringLookup(vocabulary=VOCABULARY, output_mode="tf_idf", idf_weights=IDF), WORDS),
    plain(lambda: layers.StringLookup(vocabulary=VOCABULARY, output_mode="tf_idf", idf_weights=IDF, max_tokens=6, pad_to_max_tokens=True), WORDS),
    plain(lambda: layers.StringLookup(vocabulary=["[UNK]"] + VOCABULARY, output_mode="tf_idf", idf_weights=[0.9] + IDF), WORDS),
    plain(lambda: layers.IntegerLookup(vocabulary=[12, 36, 1138, -7]), ints(2, 3, high=40)),
    plain(lambda: layers.IntegerLookup(vocabulary=[12, 3, 7], mask_token=0), np.array([[12, 0, 5], [3, 7, 1000]])),
    plain(lambda: layers.IntegerLookup(vocabulary=[12, 3, 7], num_oov_indices=2), np.array([[12, -4, 5], [3, 8, 1000]])),
    plain(lambda: layers.IntegerLookup(vocabulary=[12, 3, 7], num_oov_indices=4, oov_method="farmhash"), np.array([12, -4, 5, 1000, 1001])),
    plain(lambda: layers.IntegerLookup(vocabulary=[12, 3, 7], num_oov_indices=4, oov_method="farmhash", salt=9), np.array([12, -4, 5, 1000, 1001])),
    plain(lambda: layers.IntegerLookup(vocabulary=[12, 3, 7], output_mode="one_hot"), np.array([12, 3, 8])),
    plain(lambda: layers.IntegerLookup(vocabulary=[12, 3, 7], output_mode="multi_hot", mask_token=0), np.array([[12, 3, 0], [8, 9, 0]])),
    plain(lambda: layers.IntegerLookup(vocabulary=[12, 3, 7], output_mode="count"), np.array([[12, 3, 3], [8, 9, 0]])),
    plain(lambda: layers.IntegerLookup(vocabulary=[12, 3], invert=True), np.array([[0, 1], [2, 9]])),
    # ---- text
    plain(lambda: layers.TextVectorization(vocabulary=["cat", "the", "é"]), TEXT),
    plain(lambda: layers.TextVectorization(vocabulary=["cat", "the", "é"]), TEXT.reshape(3, 1)),
    plain(lambda: layers.TextVectorization(vocabulary=["cat", "the"], output_sequence_length=2), TEXT),
    plain(lambda: layers.TextVectorization(vocabulary=["cat", "the"], output_sequence_length=6), TEXT),
    plain(lambda: layers.TextVectorization(vocabulary=["The", "cat's"], standardize=None), TEXT),
    plain(lambda: layers.TextVectorization(vocabulary=["cat,", "dog!"], standardize="lower"), TEXT),
    plain(lambda: layers.TextVectorization(vocabulary=["cat", "DOG", "éWord"], standardize="strip_punctuation"), TEXT),
    plain(lambda: layers.TextVectorization(vocabulary=["c", "a", "é", " "], split="character"), TEXT),
    plain(lambda: layers.TextVectorization(vocabulary=["a", "b"], split=None), WORDS),
    plain(lambda: layers.TextVectorization(vocabulary=["a", "b"], split=None, output_sequence_length=2), WORDS),
    plain(lambda: layers.TextVectorization(vocabulary=["a", "b"], split=None, output_sequence_length=5), WORDS),
    plain(lambda: layers.TextVectorization(vocabulary=["cat", "the cat", "cat the dog"], ngrams=3), TEXT),
    plain(lambda: layers.TextVectorization(vocabulary=["cat", "the cat"], ngrams=(2,)), TEXT),
    plain(lambda: layers.TextVectorization(vocabulary=["cat", "the", "dog"], output_mode="multi_hot"), TEXT),
    plain(lambda: layers.TextVectorization(vocabulary=["cat", "the", "dog"], output_mode="count"), TEXT),
    plain(lambda: layers.TextVectorization(vocabulary=["cat", "the", "dog"], output_mode="tf_idf", idf_weights=[0.5, 0.1, 2.0]), TEXT),
    plain(lambda: layers.TextVectorization(vocabulary=["cat", "the"], output_mode="multi_hot", max_tokens=6, pad_to_max_tokens=True), TEXT),
]

if __name__ == "__main__":
    record_layers("preprocessing", CASES)
