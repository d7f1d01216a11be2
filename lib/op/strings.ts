/**
 * How ops take tensors of strings: each distinct string gets a number, the op runs on the numbers (int32), and numbers in its results
 * become strings again. That serves ops that move elements, or compare them for equality; they say so, by `strings`.
 */
import { withContext } from '../core/context';
import { dtypes, stringType, type DTypeInfo } from '../core/dtype';
import { stringTensor } from '../core/strings';
import { shapeOf, stringsOf, tensorFrom, viewOf, type Tensor } from '../core/tensor';

export const hasStrings = (xs: readonly Tensor[]): boolean => {
  for (let i = 0; i < xs.length; i++) if (xs[i].dt === stringType) return true;
  return false;
};

/**
 * The results of `run` on the inputs with numbers in place of strings. `resultTypes` are the dtypes of the results for strings; null: the
 * first is of strings.
 */
export function viaNumbers(
  xs: readonly Tensor[],
  resultTypes: readonly DTypeInfo[] | null,
  run: (xs: readonly Tensor[]) => readonly Tensor[],
): Tensor[] {
  // 0 is the empty string: what padding fills in.
  const strings = [''];
  const numbers = new Map([['', 0]]);
  const numberOf = (value: string): number => {
    let n = numbers.get(value);
    if (n === undefined) {
      numbers.set(value, (n = strings.length));
      strings.push(value);
    }
    return n;
  };
  const inputs = xs.map((x) =>
    x.dt === stringType ? tensorFrom(dtypes.int32, shapeOf(x), stringsOf(x).map(numberOf)) : x,
  );
  // Strings have no gradients.
  const results = withContext({ recorder: null }, () => run(inputs));
  return results.map((y, i) => {
    const isText = resultTypes === null ? i === 0 : resultTypes[i] === stringType;
    return isText
      ? stringTensor(
          shapeOf(y),
          Array.from(viewOf(y) as Int32Array, (n) => strings[n]),
        )
      : y;
  });
}
