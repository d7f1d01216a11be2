/** `tf.debugging`: assertions. */
export {
  Assert,
  assertAllFinite,
  assertEqual,
  assertGreater,
  assertGreaterEqual,
  assertLess,
  assertLessEqual,
  assertNear,
  assertNegative,
  assertNonNegative,
  assertNoneEqual,
  assertNonPositive,
  assertPositive,
  checkNumerics,
} from '../ops/debugging/assertions';
export type { AssertNearOptions, AssertOptions } from '../ops/debugging/assertions';
