/** The fuzzer finds what it is meant to find, makes it small, and finds it again. */
import fc from 'fast-check';
import * as tf from 'gradtape';
import { checkSeed, splitPlace, type Found, type Part } from '../../fuzz/part';
import { programs } from '../../fuzz/programs/part';
import type { Program } from '../../fuzz/programs/program';
import { check } from '../../fuzz/programs/run';
import { programText } from '../../fuzz/programs/text';
import { viewOf } from '../../lib/core/tensor';
import { storages } from '../../fuzz/storages/part';
import type { Walk } from '../../fuzz/storages/walk';

// Functions that run op by op say so.
beforeAll(() => {
  jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
});
afterAll(() => {
  jest.restoreAllMocks();
});

/** The first failure of some seeds. */
async function find<T>(part: Pick<Part<T>, 'arbitrary' | 'check'>): Promise<Found<T>> {
  for (let seed = 1; seed < 40; seed++) {
    const found = await checkSeed(part, seed, '');
    if (found !== null) return found;
  }
  throw new Error('nothing was found');
}

type F = (...args: tf.Tensor[]) => unknown;

/** tf.function with a flaw: `spoil` gets what a call gave, and the number of the call. */
function flawed(spoil: (result: unknown, call: number) => unknown): typeof tf.function {
  const compile = (f: F, options?: tf.FunctionOptions): unknown => {
    const good = tf.function(f, options);
    let calls = 0;
    const bad = function (this: unknown, ...args: tf.Tensor[]): unknown {
      return spoil(good.apply(this, args), calls++);
    };
    return Object.assign(bad, good, { bind: (self: object) => good.bind(self) });
  };
  return compile as unknown as typeof tf.function;
}

const withCompiler = (compiler: typeof tf.function): Pick<Part<Program>, 'arbitrary' | 'check'> => ({
  arbitrary: programs.arbitrary,
  check: (program) => check(program, compiler),
});

describe('programs', () => {
  test('of a seed hold', async () => {
    for (const seed of [11, 12, 13, 14, 15]) {
      const found = await checkSeed(programs, seed, '');
      if (found !== null) throw new Error(`${String(found.error)}\n${programText(found.value)}`);
    }
  });

  test('a wrong result of the second call is found, made small, and found again at its place', async () => {
    const compiler = flawed((result, call) =>
      call === 1 && Array.isArray(result) ? result.map(() => tf.constant(5)) : result,
    );
    const part = withCompiler(compiler);
    const found = await find(part);
    expect(String(found.error)).toMatch(/call 1, compiled: result 0/);
    const { body, calls, captured, tapes } = found.value;
    expect([body.body.length, calls.length, captured.length, tapes]).toEqual([expect.any(Number), 2, 0, 0]);
    expect(body.body.length).toBeLessThan(2);
    const { seed, path } = splitPlace(found.place);
    const again = await checkSeed(part, seed, path);
    expect(again?.value).toEqual(found.value);
  });

  test('a result that is refused is a failure of its own kind', async () => {
    const found = await find(
      withCompiler(
        flawed((result) => {
          if (Array.isArray(result) && result.length > 2) throw new tf.errors.InternalError('too many');
          return result;
        }),
      ),
    );
    expect(String(found.error)).toMatch(/InternalError: too many; eagerly there is no error/);
    expect(found.value.body.results.length).toBe(3);
  });

  test('variables that hold something else afterwards are found', async () => {
    /** The first call takes place twice. */
    const twice = (f: F): unknown => {
      const good = tf.function(f);
      let calls = 0;
      const bad = function (this: unknown, ...args: tf.Tensor[]): unknown {
        const result = good.apply(this, args);
        if (calls++ === 0) good.apply(this, args);
        return result;
      };
      return Object.assign(bad, good, { bind: (self: object) => good.bind(self) });
    };
    const found = await find(withCompiler(twice as unknown as typeof tf.function));
    expect(String(found.error)).toMatch(/call 0, compiled: afterwards variable/);
    expect(programText(found.value)).toMatch(/assign|applyGradients|minimize|scatter/);
  });

  test('the text of a program is the program', () => {
    for (const program of fc.sample(programs.arbitrary, { seed: 3, numRuns: 30 })) {
      const text = programText(program);
      for (const name of program.body.results) expect(text).toContain(name);
      expect(JSON.parse(JSON.stringify(program))).toEqual(program);
    }
  });
});

describe('storages', () => {
  test('walks of a seed hold', async () => {
    for (const seed of [1, 2, 3]) {
      const found = await checkSeed(storages, seed, '');
      if (found !== null) throw new Error(`${String(found.error)}\n${await storages.print(found.value)}`);
    }
  });

  test('a storage that is used again while another tensor shares it is found, and made small', async () => {
    const real = Reflect.get<tf.Tensor, 'dispose'>(tf.Tensor.prototype, 'dispose');
    const spy = jest.spyOn(tf.Tensor.prototype, 'dispose').mockImplementation(function (this: tf.Tensor) {
      if (!this.isDisposed && this.dtype === 'float32') (viewOf(this) as Float32Array).fill(77);
      real.call(this);
    });
    try {
      const found = await find<Walk>(storages);
      expect(String(found.error)).toMatch(/is 77, and should be/);
      expect(found.value.steps.length).toBeLessThan(6);
    } finally {
      spy.mockRestore();
    }
  });
});
