/** Programs as TypeScript: what runs, without its types, is what a failure prints. */
import { dtypes, type DType } from '../../lib/core/dtype';
import { passes } from '../../lib/graph/passes/optimize';
import { helperText, tableValue } from './helpers';
import { isRef, type Argument, type Block, type Program, type Sizes, type Statement } from './program';

export interface Style {
  /** Types of parameters, and everything that a file needs. */
  readonly typed: boolean;
  /** For runs: each function says its number as it begins, by `ran`. How many there are so far. */
  readonly functions?: { count: number };
}

const indent = (depth: number): string => '  '.repeat(depth);

function parameters({ params, self }: Block, typed: boolean): string {
  const list = params.map((p) => (typed ? `${p}: tf.Tensor` : p));
  if (self === true && typed) list.unshift('this: { v: tf.Variable }');
  return list.join(', ');
}

export function blockText(block: Block, depth: number, style: Style): string {
  const { body, results, single, self } = block;
  const { typed, functions } = style;
  const result = single ? results[0] : `[${results.join(', ')}]`;
  const head = self === true ? `function (${parameters(block, typed)})` : `(${parameters(block, typed)}) =>`;
  if (body.length === 0 && self !== true) return `${head} ${result}`;
  const begin = functions === undefined ? '' : ` ran(${functions.count++});`;
  const lines = body.map((s) => statementText(s, depth + 1, style));
  return `${head} {${begin}\n${[...lines, `${indent(depth + 1)}return ${result};`].join('\n')}\n${indent(depth)}}`;
}

export function expressionText({ template, holes }: Statement, depth: number, style: Style): string {
  return template.replace(/\$(\d)/g, (_, k: string) => {
    const hole = holes[Number(k)];
    return isRef(hole) ? hole.ref : blockText(hole.block, depth, style);
  });
}

function statementText(s: Statement, depth: number, style: Style): string {
  const text = expressionText(s, depth, style);
  return `${indent(depth)}${s.name === '' ? text : `const ${s.name} = ${text}`};`;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export const shapeFor = ({ shape }: Argument, sizes: Sizes): number[] =>
  shape.map((d) => (typeof d === 'number' ? d : sizes[d]));

const elementText = (value: number, dtype: DType): string => {
  if (dtype === 'bool') return String(value !== 0);
  return dtypes[dtype].big ? `${value}n` : Object.is(value, -0) ? '-0' : String(value);
};

/** A tensor by its elements, or by the seed that names them where there are many. */
export function dataText(dtype: DType, shape: readonly number[], seed: number): string {
  const size = sizeOf(shape);
  if (size === 0) return `tf.zeros([${shape.join(', ')}]${dtype === 'float32' ? '' : `, '${dtype}'`})`;
  if (size > 36) return `data('${dtype}', [${shape.join(', ')}], ${seed})`;
  const build = (axis: number, at: number, count: number): string => {
    if (axis === shape.length) return elementText(tableValue(dtype, seed, at), dtype);
    const inner = count / shape[axis];
    const parts = Array.from({ length: shape[axis] }, (_, i) => build(axis + 1, at + i * inner, inner));
    return `[${parts.join(', ')}]`;
  };
  return `tf.constant(${build(0, 0, size)}${dtype === 'float32' ? '' : `, { dtype: '${dtype}' }`})`;
}

function optionsText({ signature, args }: Program): string {
  if (signature === 'none') return '';
  if (signature === 'reduceRetracing') return ', { reduceRetracing: true }';
  const specs = args.map(({ dtype, shape }) => {
    const dims = shape.map((d) => (typeof d === 'number' ? d : 'null')).join(', ');
    return `new tf.TensorSpec([${dims}]${dtype === 'float32' ? '' : `, '${dtype}'`})`;
  });
  return `, { inputSignature: [${specs.join(', ')}] }`;
}

/** What the program's module defines: `make`, and `calls`. */
export function moduleText(program: Program, style: Style): string {
  const { captured, args, body, calls, tapes, selves } = program;
  const variables = captured.filter((s) => s.template.startsWith('new tf.Variable')).map((s) => s.name);
  const optimizers = captured.filter((s) => s.template.startsWith('new tf.keras')).map((s) => s.name);
  const state = [`[${variables.join(', ')}]`, ...optimizers.map((name) => `${name}.variables`)];
  const options = optionsText(program);
  const around =
    tapes === 0
      ? (f: string) => f
      : (f: string) => `differentiated(${f}, ${tapes}, [${program.sources.join(', ')}])`;
  const lines = [
    `function make(compile${style.typed ? ': typeof tf.function' : ''}, outside${style.typed ? ': boolean' : ''}) {`,
    ...captured.map((s) => statementText(s, 1, style)),
    `${indent(1)}const body = ${blockText(body, 1, style)};`,
    tapes === 0
      ? `${indent(1)}const f = compile(body${options});`
      : `${indent(1)}const f = outside ? ${around(`compile(body${options})`)} : compile(${around('body')}${options});`,
    `${indent(1)}const selves${style.typed ? ': { v: tf.Variable }[]' : ''} = [${selves.map((v) => `{ v: ${v} }`).join(', ')}];`,
    `${indent(1)}return { f, selves, state: () => [${state.join(', ')}] };`,
    '}',
    `const calls${style.typed ? `: (() => [${args.map(() => 'tf.Tensor').join(', ')}])[]` : ''} = [`,
    ...calls.map((sizes) => {
      const given = args.map((a, i) => dataText(a.dtype, shapeFor(a, sizes), sizes.seed + i));
      return `${indent(1)}() => [${given.join(', ')}],`;
    }),
    '];',
  ];
  return lines.join('\n');
}

/** The program as a file: paste it, and it shows what each call gives eagerly and compiled. */
export function programText(program: Program): string {
  const text = moduleText(program, { typed: true });
  const method = program.selves.length > 0;
  const call = (name: string): string =>
    method ? `${name}.f.call(${name}.selves[i % ${name}.selves.length], ...args())` : `${name}.f(...args())`;
  return [
    `import * as tf from 'gradtape';`,
    ...(program.passes === 'all'
      ? []
      : [`process.env.GRADTAPE_DISABLE_PASS = '${disabled[program.passes]}';`]),
    ...helperText(text),
    text,
    '',
    `const eager = make(((f: unknown) => f) as typeof tf.function, true);`,
    `const compiled = make(tf.function, true);`,
    `const show = (f: () => unknown): void => {`,
    `  try {`,
    `    console.log(f());`,
    `  } catch (error) {`,
    `    console.log(String(error));`,
    `  }`,
    `};`,
    `calls.forEach((args${method ? ', i' : ''}) => {`,
    `  show(() => ${call('eager')});`,
    `  show(() => ${call('compiled')});`,
    `});`,
  ].join('\n');
}

/** What GRADTAPE_DISABLE_PASS is while a program runs. */
export const disabled: Readonly<Record<Program['passes'], string>> = {
  all: '',
  exact: 'fuse,regroup,activations',
  none: passes.join(','),
};
