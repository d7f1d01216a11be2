/** The text of a model: its layers, their shapes, and the numbers of their weights. */
import { InvalidArgumentError } from '../../core/errors';
import { isPlainObject, flatten } from '../../core/nest';
import { describe } from '../../core/shape';
import { dtypes, type DType } from '../../core/dtype';
import { namedOptions } from '../base/named_options';
import { fixed, withCommas } from '../base/python_text';
import { classNameOf } from '../base/registry';
import type { KerasShape } from '../base/shapes';
import { Layer } from '../layers/layer';
import type { Optimizer } from '../optimizers';
import { KerasTensor, type CallNode, type Operation } from '../symbolic/keras_tensor';
import { textTable, type Column } from '../utils/text_table';
import type { FunctionGraph } from './function_graph';
import { write } from '../base/settings';

export interface SummaryOptions {
  /** The number of characters of a line. Default: 88, or more for what is added; at most what fits the terminal. */
  lineLength?: number | null;
  /** Where each column ends, as a share of the line. */
  positions?: readonly number[] | null;
  /** What the text is passed to. Default: it is written to standard output. */
  printFn?: ((text: string) => void) | null;
  /** Whether the layers of models within the model are listed too. Default false. */
  expandNested?: boolean;
  /** Whether there is a column that says which layers are trained. Default false. */
  showTrainable?: boolean;
  /** The names of the first and the last layer to list, or regular expressions for them. Default: all. */
  layerRange?: readonly [string, string] | null;
}

/** A model, as its summary needs it. */
export interface SummarizedModel {
  readonly name: string;
  readonly layers: readonly Layer[];
  readonly graph: FunctionGraph | null;
  readonly trainableWeights: readonly SizedWeight[];
  readonly nonTrainableWeights: readonly SizedWeight[];
  readonly optimizer: Optimizer | null;
}
interface SizedWeight {
  readonly size: number;
  readonly dtype: DType;
}

/** The name of the class in Keras. */
export function classOf(operation: object): string {
  const { serializedAs } = operation as { serializedAs?: () => { className: string } | undefined };
  return serializedAs?.call(operation)?.className ?? classNameOf(operation);
}

const showShape = (shape: KerasShape): string => `(${shape.map((n) => n ?? 'None').join(', ')})`;

/** Shapes in a structure, as Python shows it. */
function showShapes(outputs: unknown): string {
  if (outputs instanceof KerasTensor) return showShape(outputs.shape);
  if (Array.isArray(outputs)) return `[${outputs.map(showShapes).join(', ')}]`;
  if (!isPlainObject(outputs)) return '?';
  const entries = Object.entries(outputs).map(([key, value]) => `${key}: ${showShapes(value)}`);
  return `{${entries.join(', ')}}`;
}

/** The shape of the results of a layer; `?` if it is unknown. */
export function outputShapeText(operation: Operation): string {
  const node = operation.inboundNodes[operation.inboundNodes.length - 1] as CallNode | undefined;
  let tensors: readonly KerasTensor[] = node?.outputTensors ?? [];
  if (node === undefined) {
    const shape = (operation as Partial<Layer>).buildShape ?? null;
    if (!(operation instanceof Layer) || shape === null) return '?';
    try {
      tensors = flatten(operation.computeOutputSpec(symbolic(shape))) as KerasTensor[];
    } catch {
      return '?';
    }
  }
  return tensors.length === 1 ? showShapes(tensors[0]) : showShapes([...tensors]);
}

/** Symbolic tensors of the shapes with which a layer was built. */
function symbolic(shape: NonNullable<Layer['buildShape']>): unknown {
  if (!Array.isArray(shape))
    return Object.fromEntries(Object.entries(shape).map(([k, s]) => [k, new KerasTensor(s as KerasShape)]));
  const isOne = (shape as unknown[]).every((n) => n === null || typeof n === 'number');
  return isOne
    ? new KerasTensor(shape as KerasShape)
    : (shape as readonly KerasShape[]).map((s) => new KerasTensor(s));
}

/** Whether the layers of a model follow each other, so that a list of them says all. */
function isChain({ graph, layers }: SummarizedModel): boolean {
  if (graph === null) return true;
  const perDepth = new Map<number, CallNode[]>();
  for (const [node, depth] of graph.depths) perDepth.set(depth, [...(perDepth.get(depth) ?? []), node]);
  for (const nodes of perDepth.values()) if (nodes.length > 1 || nodes[0].inputs.length > 1) return false;
  return layers.every((layer) => layer.inboundNodes.filter((node) => graph.depths.has(node)).length <= 1);
}

/** The layers that are listed: those of a functional model with its operations. */
export function listed(model: SummarizedModel): readonly Operation[] {
  const isSequential = 'add' in model;
  return model.graph === null || isSequential ? model.layers : model.graph.operations;
}

/** The calls from which a layer has its inputs. */
function connections(operation: Operation, graph: FunctionGraph | null): string {
  const found = operation.inboundNodes
    .filter((node) => graph?.depths.has(node) === true)
    .flatMap((node) => node.inputs)
    .map(({ history }) => {
      const { operation: from, nodeIndex, tensorIndex } = history as NonNullable<KerasTensor['history']>;
      return `${from.name}[${nodeIndex}][${tensorIndex}]`;
    });
  return found.length === 0 ? '-' : found.join(', ');
}

function weightsText(operation: Operation): string {
  if (!(operation instanceof Layer)) return '0';
  return operation.built ? withCommas(operation.countParams()) : '0 (unbuilt)';
}

function trainableText(operation: Operation): string {
  if (!(operation instanceof Layer) || operation.weights.length === 0) return '-';
  return operation.trainable ? 'Y' : 'N';
}

/** The places of the first and last layer of a range, by regular expressions for their names. */
function rangeOf(operations: readonly Operation[], range: unknown): [number, number] {
  if (range === null) return [0, operations.length];
  if (!Array.isArray(range) || range.length !== 2 || !range.every((name) => typeof name === 'string'))
    throw new InvalidArgumentError(
      `[summary] layerRange must be an array of two strings; got ${describe(range)}`,
    );
  const places = range.map((pattern) => {
    const expression = new RegExp(`^(?:${pattern})`);
    return operations.flatMap(({ name }, i) => (expression.test(name) ? [i] : []));
  });
  if (places.some((list) => list.length === 0))
    throw new InvalidArgumentError(
      `[summary] Passed layer_names do not match the layer names in the model. Received: ${describe(range)}`,
    );
  const [first, last] = places;
  const [low, high] = [first[0], last[last.length - 1]];
  return low > high ? [last[0], first[first.length - 1] + 1] : [low, high + 1];
}

/** `7.79 KB` for a number of bytes. */
function showMemory(bytes: number): string {
  let size = bytes;
  for (const unit of ['B', 'KB', 'MB', 'GB', 'TB']) {
    if (size < 1024) return `${fixed(size, 2)} ${unit}`;
    size /= 1024;
  }
  return `${fixed(size, 2)} PB`;
}

const count = (weights: readonly SizedWeight[]): { elements: number; bytes: number } => ({
  elements: weights.reduce((sum, { size }) => sum + size, 0),
  bytes: [...new Set(weights)].reduce((sum, { size, dtype }) => sum + size * dtypes[dtype].bytes, 0),
});

/** The lines below the table. */
function totals(model: SummarizedModel): string[] {
  const line = (what: string, { elements, bytes }: ReturnType<typeof count>): string =>
    ` ${what} params: ${withCommas(elements)} (${showMemory(bytes)})`;
  const [trained, fixedOnes] = [count(model.trainableWeights), count(model.nonTrainableWeights)];
  const state = model.optimizer?.built === true ? count(model.optimizer.variables) : null;
  const all = [trained, fixedOnes, state ?? { elements: 0, bytes: 0 }];
  return [
    line('Total', {
      elements: all.reduce((sum, { elements }) => sum + elements, 0),
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    }),
    line('Trainable', trained),
    line('Non-trainable', fixedOnes),
    ...(state === null ? [] : [line('Optimizer', state)]),
  ];
}

/** The columns and the length of the line. */
function layout(o: SummaryOptions, chain: boolean): { columns: Column[]; length: number } {
  const { lineLength = null, positions = null, showTrainable = false } = o;
  const headings = ['Layer (type)', 'Output Shape', 'Param #', ...(chain ? [] : ['Connected to'])];
  let ends = positions ?? (chain ? [0.45, 0.8, 1] : [0.3, 0.56, 0.74, 1]);
  if (!Array.isArray(ends) || !ends.every((end) => typeof end === 'number'))
    throw new TypeError(`[summary] positions must be an array of numbers; got ${describe(positions)}`);
  let length = chain ? 88 : 108;
  if (showTrainable) {
    length += 12;
    ends = [...ends.map((end) => end * 0.9), 1];
    headings.push('Trainable');
  }
  if (ends.length < headings.length)
    throw new InvalidArgumentError(
      `[summary] positions must have one number for each column, ${headings.join(', ')}; got ${describe(positions)}`,
    );
  const environment = Number(process.env.COLUMNS);
  const terminal = environment > 0 ? environment : (process.stdout.columns as number | undefined) || 80;
  length = lineLength ?? Math.min(length, terminal - 4);
  if (!Number.isInteger(length) || length > 10_000)
    throw new InvalidArgumentError(
      `[summary] lineLength must be a number of characters; got ${describe(lineLength)}`,
    );
  let current = 0;
  const columns = headings.map((heading, i): Column => {
    const width = Math.trunc(ends[i] * length) - current;
    if (!(width >= 4))
      throw new InvalidArgumentError('[summary] Insufficient console width to print summary.');
    current += width;
    const align = heading === 'Trainable' ? 'center' : heading === 'Param #' ? 'right' : 'left';
    return { heading, width, align };
  });
  return { columns, length };
}

/** The text of a model. */
function summaryText(model: SummarizedModel, o: SummaryOptions = {}): string {
  const operations = listed(model);
  const chain = operations === model.layers || isChain(model);
  const { columns, length } = layout(o, chain);
  const rowsOf = (operation: Operation, level: number): string[][] => {
    const prefix = level === 0 ? '' : `${'   '.repeat(level)}└ `;
    const row = [
      `${prefix}${operation.name} (${classOf(operation)})`,
      outputShapeText(operation),
      weightsText(operation),
      ...(chain ? [] : [connections(operation, model.graph)]),
      ...(o.showTrainable === true ? [trainableText(operation)] : []),
    ];
    const { layers } = operation as { layers?: readonly Layer[] };
    const within = o.expandNested === true && Array.isArray(layers) ? (layers as readonly Layer[]) : [];
    return [row, ...within.flatMap((layer) => rowsOf(layer, level + 1))];
  };
  const [first, end] = rangeOf(operations, o.layerRange ?? null);
  const rows = operations.slice(first, end).flatMap((operation) => rowsOf(operation, 0));
  return [`Model: "${model.name}"`, ...textTable(columns, rows, length), ...totals(model), ''].join('\n');
}

const names = ['lineLength', 'positions', 'printFn', 'expandNested', 'showTrainable', 'layerRange'];

/** Prints the text of a model. */
export function printSummary(model: SummarizedModel, options: SummaryOptions = {}): void {
  const o = namedOptions(options, 'summary');
  const unknown = Object.keys(o).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new TypeError(`[summary] has no option '${unknown}'; it takes ${names.join(', ')}`);
  const { printFn = null } = o;
  if (printFn !== null && typeof printFn !== 'function')
    throw new TypeError(`[summary] printFn must be a function; got ${describe(printFn)}`);
  const text = summaryText(model, o);
  if (printFn === null) write(text);
  else printFn(text);
}
