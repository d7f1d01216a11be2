/** The rest of keras.ops against Keras (test/golden/keras/ops_rest.py): bits, Fourier transforms, patterns, images, factorizations. */
import { testRecordedOps } from './recorded_ops';

testRecordedOps('ops_rest.json', {
  tolerance: ({ name }) => (/fft/.test(name) ? 5e-6 : 2e-6),
});
