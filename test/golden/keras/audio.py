"""Spectrograms and pipelines of layers: fixtures/keras/layers/audio.json. Keras needs SciPy for windows."""

from recording import layer, record_layers, x
from keras import layers

MODES = ["log", "magnitude", "psd", "real", "imag", "angle", "stft"]
SMALL = {"fft_length": 16, "sequence_stride": 5, "num_mel_bins": 3, "sampling_rate": 100, "min_freq": 1.0}

CASES = [
    *[layer(lambda mode=mode: layers.STFTSpectrogram(mode=mode, frame_length=6, frame_step=3), x(2, 15, 2)) for mode in MODES],
    layer(lambda: layers.STFTSpectrogram("real", 5, fft_length=8, window="hamming", padding="same", expand_dims=True), x(2, 13, 2), exact_weights=True),
    layer(lambda: layers.STFTSpectrogram("stft", 4, 3, window=None, scaling=None, data_format="channels_last", expand_dims=True), x(1, 11, 2), exact_weights=True),
    layer(lambda: layers.STFTSpectrogram("psd", 4, 3, periodic=True, scaling="spectrum", trainable=False), x(1, 11, 1), exact_weights=True),
    layer(lambda: layers.MelSpectrogram(**SMALL), x(2, 23)),
    layer(lambda: layers.MelSpectrogram(power_to_db=False, window="hamming", sequence_length=11, **SMALL), x(23)),
    layer(lambda: layers.MelSpectrogram(window=None, mag_exp=1.5, top_db=9.0, ref_power=2.5, max_freq=40, **SMALL), x(2, 23)),
    layer(lambda: layers.Pipeline([layers.Rescaling(0.5), layers.RandomFlip("horizontal", seed=1)]), x(2, 3, 4, 1), call={"training": False}, double=False, gradients=False),
]

if __name__ == "__main__":
    record_layers("audio", CASES)
