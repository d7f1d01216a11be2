/** More of keras.ops against Keras (test/golden/keras/ops_more.py): values, gradients, compiled functions, models and their configs. */
import { testRecordedOps } from './recorded_ops';

/** These pass through exp and log, factorizations or long sums. */
const loose =
  /^(cholesky|det|inv|logdet|slogdet|solve|lstsq|corrcoef|geomspace|logspace|logaddexp|norm|correlate|psnr)/;

testRecordedOps('ops_more.json', {
  tolerance: ({ name }) => (loose.test(name) ? 3e-5 : 2e-6),
  isDynamic: ({ name, options }) =>
    /^(nonzero|bincount|histogram)$/.test(name) ||
    (name.startsWith('segment') && !('num_segments' in options)),
});
