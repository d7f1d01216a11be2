/** docs/coverage.md says what is in `tf.keras`: after a change, `npm run build:ts && node scripts/write-coverage.js`. */
import * as fs from 'node:fs';
import * as tf from 'gradtape';
import * as coverage from '../../scripts/write-coverage';

test('the page is what the script writes', () => {
  expect(fs.readFileSync(coverage.target, 'utf8')).toBe(coverage.coveragePage(tf.keras));
});

test('a name more changes the page, and notes about it are out of date', () => {
  const { coveragePage } = coverage;
  const page = coveragePage(tf.keras);
  const changed = { ...tf.keras, callbacks: { ...tf.keras.callbacks, History: undefined } };
  Reflect.deleteProperty(changed.callbacks, 'History');
  expect(coveragePage(changed)).not.toBe(page);
  expect(() =>
    coveragePage({ ...tf.keras, config: { ...tf.keras.config, backend: () => 'gradtape' } }),
  ).toThrow(/out of date: config.backend/);
});
