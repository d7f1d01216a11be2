/** Layers on signals of sound. */
export { MelSpectrogram, type MelSpectrogramOptions } from './mel_spectrogram';
export { STFTSpectrogram, type SpectrogramMode, type STFTSpectrogramOptions } from './stft_spectrogram';
