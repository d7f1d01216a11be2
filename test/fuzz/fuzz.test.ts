/** The fuzzer finds what it is meant to find, makes it small, and finds it again. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { transformSync } from 'esbuild';
import fc from 'fast-check';
import * as tf from 'gradtape';
import { checkSeed, splitPlace, type Found, type Part } from '../../fuzz/part';
import { programs } from '../../fuzz/programs/part';
import type { Block, Program, Statement } from '../../fuzz/programs/program';
import { check } from '../../fuzz/programs/run';
import { smallerPrograms } from '../../fuzz/programs/shrink';
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
async function find<T>(part: Pick<Part<T>, 'arbitrary' | 'check'>, message: RegExp = /./): Promise<Found<T>> {
  for (let seed = 1; seed < 40; seed++) {
    const found = await checkSeed(part, seed, '');
    if (found !== null && message.test(String(found.error))) return found;
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

describe('a process', () => {
  const source = fs.readFileSync(path.join(__dirname, '../../fuzz/cpu_limit.ts'), 'utf8');
  const { code } = transformSync(source, { loader: 'ts', format: 'cjs', platform: 'node' });
  const run = (text: string) => spawnSync(process.execPath, ['-e', `${code}\nlimitCpu(0.7);\n${text}`]);
  const compute =
    'const now = () => { const { user, system } = process.cpuUsage(); return user + system; };' +
    'for (const end = now() + 4e5; now() < end;);';

  test('that computes for ever is ended by its CPU time', () => {
    expect(run('for (;;);').signal).toBe('SIGVTALRM');
  });

  test('may wait for long, and compute many values', () => {
    const wait = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);';
    const values = `${compute} setTimeout(() => { valueBegins(); setTimeout(() => { ${compute} }, 700); }, 700);`;
    expect(run(`${wait} valueBegins(); setTimeout(() => { ${values} }, 700);`)).toMatchObject({
      signal: null,
      status: 0,
    });
  });
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
    // Some programs give themselves away earlier: what is called twice draws twice.
    const message = /call 0, compiled: afterwards variable/;
    const found = await find(withCompiler(twice as unknown as typeof tf.function), message);
    expect(programText(found.value)).toMatch(/assign|applyGradients|minimize|scatter/);
  });

  const statement = (name: string, template: string, ...holes: (string | Block)[]): Statement => ({
    name,
    template,
    holes: holes.map((hole) => (typeof hole === 'string' ? { ref: hole } : { block: hole })),
    flow: 'exact',
  });
  const plain = {
    captured: [],
    signature: 'none',
    tapes: 0,
    sources: [],
    selves: [],
    together: false,
  } as const;

  test('gradients that cancel may do so in another order', async () => {
    const same: Block = { params: [], body: [], results: ['x0'], single: true };
    // Two gradients of 1 and two of about 3000 and -3000: eagerly 1 + 1 + 3000 - 3000 = 2, compiled 1 + (1 + 3000 - 3000) = 3.
    const body = [
      statement('a1', 'tf.cond($0, $1, $2)', 'x0', same, same),
      statement('a2', "tf.divide(tf.cast($0, 'float32'), tf.cast(tf.abs($1), 'float32'))", 'a1', 'a1'),
      statement('a3', 'tf.square($0)', 'a2'),
    ];
    const program: Program = {
      ...plain,
      args: [{ dtype: 'float16', shape: [] }],
      body: { params: ['x0'], body, results: ['x0', 'a1', 'a2', 'a3'], single: false },
      calls: [{ n: 1, m: 1, seed: 9 }],
      passes: 'none',
      tapes: 1,
    };
    expect(programText(program)).toContain("tf.constant(0.001, { dtype: 'float16' })");
    await check(program);
    const wrong = flawed((result) =>
      Array.isArray(result) ? result.map((y) => tf.multiply(y as tf.Tensor, 1.1)) : result,
    );
    await expect(check(program, wrong)).rejects.toThrow('call 0, compiled: result 0');
  });

  test('where an op that failed eagerly is unused, a later one may fail in its place', async () => {
    const body = [
      statement('a1', 'tf.gather($0, $1)', 'x0', 'v0'),
      statement('', '$0.assign(tf.subtract($0, 4))', 'v0'),
      statement('', 'tf.debugging.assertGreater($0, 9)', 'v0'),
    ];
    const program: Program = {
      ...plain,
      captured: [statement('v0', "new tf.Variable(tf.constant(0, { dtype: 'int32' }))")],
      args: [{ dtype: 'float32', shape: [1] }],
      body: { params: ['x0'], body, results: ['x0'], single: false },
      // The second call has no element -4 to gather.
      calls: [
        { n: 1, m: 1, seed: 0 },
        { n: 1, m: 1, seed: 0 },
      ],
      passes: 'exact',
    };
    await check(program);
    const used: Program = { ...program, body: { ...program.body, results: ['a1'] } };
    await check(used);
    const wrong = (() => () => {
      throw new tf.errors.InternalError('wrong');
    }) as unknown as typeof tf.function;
    await expect(check(used, wrong)).rejects.toThrow('InternalError: wrong; eagerly InvalidArgumentError');
  });

  /** A program of float32 arguments, which is called once unless `calls` say more. */
  const programOf = (
    shapes: Program['args'][number]['shape'][],
    body: readonly Statement[],
    results: readonly string[],
    rest: Partial<Program> = {},
  ): Program => ({
    ...plain,
    args: shapes.map((shape) => ({ dtype: 'float32', shape })),
    body: { params: shapes.map((_, i) => `x${i}`), body, results, single: false },
    calls: [{ n: 2, m: 1, seed: 0 }],
    passes: 'none',
    ...rest,
  });
  const blockOf = (params: readonly string[], body: readonly Statement[], result: string): Block => ({
    params,
    body,
    results: [result],
    single: true,
  });
  const doubled = statement('', '$0.assign(tf.multiply($0, 2))', 'v0');

  test.each<[string, Program]>([
    [
      'a trace goes through a branch that another call of the function has taken',
      programOf(
        [[1], [8]],
        [statement('a1', '$0($1)', 'g1', 'x0'), statement('a2', '$0($1)', 'g1', 'x1')],
        ['a1', 'a2'],
        {
          captured: [
            statement(
              'g1',
              'compile($0)',
              blockOf(
                ['p0'],
                [
                  statement(
                    'a5',
                    'tf.cond(tf.less(tf.reduceSum($0), 2), $1, $2)',
                    'p0',
                    blockOf([], [statement('a3', 'tf.reshape($0, [1])', 'p0')], 'a3'),
                    blockOf([], [statement('a4', 'tf.reshape(tf.reduceMax($0), [1])', 'p0')], 'a4'),
                  ),
                ],
                'a5',
              ),
            ),
          ],
        },
      ),
    ],
    [
      'a function whose trace fails assigns nothing, but those before it do where the program runs op by op',
      programOf(
        [[2], [3]],
        [
          statement('a1', '$0.at(tf.less($0, 1))', 'x0'),
          statement('a2', '$0($1)', 'g1', 'x0'),
          statement('a3', '$0($1)', 'g1', 'x1'),
        ],
        ['a3'],
        {
          captured: [
            statement('v0', 'new tf.Variable(tf.constant(1))'),
            statement(
              'g1',
              'compile($0)',
              blockOf(['p0'], [doubled, statement('a5', 'tf.reshape($0, [2])', 'p0')], 'a5'),
            ),
          ],
        },
      ),
    ],
    [
      'a trace that fails leaves a zero with its sign',
      programOf(
        [['n']],
        [
          statement('', '$0.assign(tf.add($0, tf.reduceSum($1)))', 'v0', 'x0'),
          statement('a1', 'tf.squeeze($0, { axis: 0 })', 'x0'),
        ],
        ['a1'],
        {
          captured: [statement('v0', 'new tf.Variable(tf.constant([-0]))')],
          calls: [
            { n: 0, m: 1, seed: 0 },
            { n: 3, m: 1, seed: 0 },
          ],
          passes: 'all',
        },
      ),
    ],
    [
      'a trace that fails draws no random numbers',
      programOf(
        [['n']],
        [statement('a1', 'tf.nn.dropout(tf.ones([40]), 0.5)'), statement('a2', '$0.at(2)', 'x0')],
        ['a1', 'a2'],
        {
          calls: [
            { n: 0, m: 1, seed: 0 },
            { n: 3, m: 1, seed: 0 },
          ],
        },
      ),
    ],
    [
      'gradients of one op for several operands that are one tensor cancel in another order',
      programOf(
        [[2]],
        [
          statement('a1', "tf.cast($0, 'bfloat16')", 'x0'),
          statement('a2', 'tf.nn.batchNormalization($0, $0, $0, null, null, 0.001)', 'a1'),
        ],
        ['a1', 'a2'],
        { tapes: 2, calls: [{ n: 1, m: 1, seed: 6 }] },
      ),
    ],
    [
      'behind a loop, what rests on no source has a gradient too, which may not exist',
      programOf(
        [[]],
        [
          statement(
            'a1',
            'tf.whileLoop($0, $1, [tf.constant(0), $2])',
            {
              ...blockOf(
                ['p0', 'p1'],
                [statement('a3', 'tf.less(tf.add($0, tf.abs($1)), 3)', 'p0', 'p1')],
                'a3',
              ),
            },
            {
              ...blockOf(['p2', 'p3'], [statement('a4', 'tf.add($0, 1)', 'p2')], 'a4'),
              results: ['a4', 'x0'],
              single: false,
            },
            'x0',
          ),
          statement('a2', 'tf.reshape(tf.tile(tf.reshape($0, [1]), [8]), [2, 2, 2])', 'a1[0]'),
          statement('a5', 'tf.linalg.det($0)', 'a2'),
        ],
        ['a5'],
        { tapes: 1 },
      ),
    ],
  ])('%s', async (_, program) => {
    await check(program);
    const wrong = (() => () => {
      throw new tf.errors.InternalError('wrong');
    }) as unknown as typeof tf.function;
    await expect(check(program, wrong)).rejects.toThrow('InternalError: wrong');
  });

  test('a value of which only the shape is asked need not be computed, nor fail', async () => {
    const body = [
      statement('a1', 'tf.gather($0, [9])', 'x0'),
      statement('a2', 'tf.zerosLike($0)', 'a1'),
      statement('a3', 'tf.multiply($0, $1.rank)', 'x0', 'a1'),
      statement('a4', 'tf.add($0, tf.squeeze($1).shape.length)', 'x0', 'a1'),
    ];
    await check(programOf([[3]], body, ['a2', 'a3', 'a4'], { passes: 'exact' }));
  });

  test('a result of another function that nobody reads need not be computed, nor fail', async () => {
    const inner: Block = {
      params: ['p0'],
      body: [statement('a5', 'tf.gather($0, [9])', 'p0')],
      results: ['p0', 'a5'],
      single: false,
    };
    const captured = [statement('g1', 'compile($0)', inner)];
    const body = [statement('a1', '$0($1)', 'g1', 'x0')];
    await check(programOf([[3]], body, ['a1[0]'], { captured, passes: 'exact' }));
    const lenient = (() => () => [tf.constant([1, -1, 0.5]), tf.zeros([1])]) as unknown as typeof tf.function;
    await expect(check(programOf([[3]], body, ['a1[0]', 'a1[1]'], { captured }), lenient)).rejects.toThrow(
      'no error; eagerly InvalidArgumentError',
    );
  });

  test('an error of a value that is read is not passed over', async () => {
    const body = [statement('a1', 'tf.gather($0, [9])', 'x0'), statement('a2', 'tf.abs($0)', 'a1')];
    const program = programOf([[3]], body, ['a2']);
    await check(program);
    const lenient = ((f: F) =>
      (...args: tf.Tensor[]) => {
        try {
          return f(...args);
        } catch {
          return [tf.zeros([1])];
        }
      }) as unknown as typeof tf.function;
    await expect(check(program, lenient)).rejects.toThrow('no error; eagerly InvalidArgumentError');
  });

  test('no function takes the place of a tensor in smaller programs', () => {
    const g = statement('g1', 'compile($0)', blockOf(['p0'], [statement('a5', 'tf.abs($0)', 'p0')], 'a5'));
    const body = [statement('a1', '$0($1)', 'g1', 'x0'), statement('a2', 'tf.negative($0)', 'a1')];
    const texts = [...smallerPrograms(programOf([[3]], body, ['a2'], { captured: [g] }))].map(programText);
    expect(texts.filter((text) => text.includes('tf.negative(x0)')).length).toBeGreaterThan(0);
    expect(texts.filter((text) => /negative\(g1|\[g1/.test(text))).toEqual([]);
  });

  test('values are drawn and checked in turn, as the reader of a dead process is told', async () => {
    const stages: string[] = [];
    const part = {
      arbitrary: fc.integer().map((n) => (stages.push('drawn'), n)),
      check: () => Promise.resolve(),
    };
    await checkSeed(part, 1, '', (run, stage) => stages.push(`${run} ${stage}`));
    expect(stages.slice(0, 6)).toEqual(['0 draw', 'drawn', '0 check', '1 draw', 'drawn', '1 check']);
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
