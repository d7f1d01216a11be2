/** Every op definition of the registry, at two sizes, compared with an equivalent hand-written loop. */
import * as tf from 'gradtape';
import type { Numbers } from '../loops/elementwise';
import { measure, type Contender } from '../measure';
import type { Benchmark, Result, Settings } from '../suite';
import type { Case, MakeCase } from './case';
import { bitCases } from './cases_bits';
import { miscCases } from './cases_misc';
import { matmulCases } from './cases_matmul';
import { convCases } from './cases_conv';
import { linalgCases } from './cases_linalg';
import { movementCases } from './cases_movement';
import { imageOpCases } from './cases_image_ops';
import { reduceCases } from './cases_reduce';
import { functions } from './functions';
import { elementwiseCase, exampleCase } from './generic';

const specific: Readonly<Record<string, MakeCase>> = {
  ...reduceCases,
  ...movementCases,
  ...matmulCases,
  ...convCases,
  ...imageOpCases,
  ...linalgCases,
  ...miscCases,
  ...bitCases,
};

export const sizes = { small: 64, large: 1_048_576 } as const;

type Call = (...args: unknown[]) => unknown;

/** The case of an op definition; null for one that is part of other functions and cannot be called by itself. */
export function caseOf(definition: tf.OpInfo, n: number): Case | null {
  const make = Object.hasOwn(specific, definition.name) ? specific[definition.name] : undefined;
  if (make !== undefined) {
    const made = make(n);
    try {
      (definition.call as unknown as Call)(...made.args);
      return made;
    } catch {
      // The public function of that name takes other arguments; the definition's examples have the right ones.
    }
  }
  const elementwise =
    definition.kind === 'unary' || definition.kind === 'binary' || definition.kind === 'compare';
  if (elementwise) return elementwiseCase(definition, n);
  if (definition.kind === 'composite' && functions[definition.name]?.length === 1)
    return elementwiseCase(definition, n);
  return exampleCase(definition, n);
}

/** The elements of the first tensor of a result. */
export function elementsOf(result: unknown): ArrayLike<number | bigint> {
  if (result instanceof tf.Tensor) return result.data();
  const first = Object.values(result as object)[0] as unknown;
  return elementsOf(first);
}

/** Where a loop's result differs from the op's, or null. */
export function mismatch(ours: ArrayLike<number | bigint>, loop: Numbers | number): string | null {
  const theirs: ArrayLike<number> = typeof loop === 'number' ? [loop] : loop;
  if (ours.length !== theirs.length) return `${ours.length} elements, but ${theirs.length} in the loop`;
  let scale = 0;
  for (let i = 0; i < theirs.length; i++) {
    if (Number.isFinite(theirs[i])) scale = Math.max(scale, Math.abs(theirs[i]));
  }
  for (let i = 0; i < theirs.length; i++) {
    const [a, b] = [Number(ours[i]), theirs[i]];
    const near = Math.abs(a - b) <= 1e-3 * Math.abs(b) + 1e-4 * Math.min(scale, 1);
    if (!near && !Object.is(a, b) && !(Number.isNaN(a) && Number.isNaN(b)) && a !== b) {
      return `element ${i} is ${a}, but ${b} in the loop`;
    }
  }
  return null;
}

function runDefinition(definition: tf.OpInfo, size: keyof typeof sizes, seconds: number): Result[] {
  const made = caseOf(definition, sizes[size]);
  if (made === null) return [];
  const { args, loop, unequal } = made;
  const call = definition.call as unknown as Call;
  const contenders: Contender[] = [{ name: 'gradtape', run: () => call(...args) }];
  // Calls with few arguments are written out: spreading a list costs as much as a small op.
  const [a, b, c, d, e] = args;
  const written = [
    () => call(a),
    () => call(a, b),
    () => call(a, b, c),
    () => call(a, b, c, d),
    () => call(a, b, c, d, e),
  ];
  if (args.length > 0 && args.length <= written.length) contenders[0].run = written[args.length - 1];
  if (loop !== undefined) {
    const wrong = unequal === true ? null : mismatch(elementsOf(call(...args)), loop());
    if (wrong !== null) throw new Error(`ops/${definition.name} ${size}: ${wrong}`);
    contenders.push({ name: 'plain JS loop', run: loop });
  }
  const timings = measure(contenders, seconds, { warmUp: seconds / 2, rounds: 11 });
  return [
    {
      name: `ops/${definition.name} ${size}`,
      timings: timings.map((timing, i) => ({ name: contenders[i].name, timing })),
    },
  ];
}

/** `ops/NAME`: both sizes. */
export function opBenchmarks({ seconds }: Settings): Benchmark[] {
  return [...tf.registry().values()].map((definition) => ({
    name: `ops/${definition.name}`,
    run: () => (['small', 'large'] as const).flatMap((size) => runDefinition(definition, size, seconds / 5)),
  }));
}
