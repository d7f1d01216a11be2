/** tf.print. */
import { TensorConvertible } from '../../core/tensor_convertible';
import { checkText } from '../../core/format/layout';
import { isPlain, options as parseOptions } from '../../core/options';
import { context } from '../../core/context';
import { flatten, mapStructure } from '../../core/nest';
import { shapeOf, Tensor, valuesOf } from '../../core/tensor';

export interface PrintOptions {
  /** Separator between values. Default: a space. */
  sep?: string;
  /** Written after the last value. Default: a newline. */
  end?: string;
  /** The number of elements shown at both ends of each dimension; −1 for all. Default 3. */
  summarize?: number;
  /** Receives the text. Default: it is written to stderr. */
  outputStream?: ((text: string) => void) | null;
}

const defaults: Required<PrintOptions> = { sep: ' ', end: '\n', summarize: 3, outputStream: null };

/**
 * Prints values to stderr in TensorFlow's format: tensors by their elements, arrays and objects with brackets. In a compiled
 * function it prints at each run, in program order. A last argument with only the keys `sep`, `end`, `summarize` and
 * `outputStream` is the options.
 * @tf tf.print
 */
export function print(...values: unknown[]): void {
  const last = values.at(-1);
  const options = isOptions(last) ? (values.pop() as PrintOptions) : undefined;
  const o = parseOptions<Required<PrintOptions>>(options, 'sep', defaults, 'print');
  const read = values.map((v) =>
    mapStructure(v, (leaf) => (leaf instanceof TensorConvertible ? leaf.operand() : leaf)),
  );
  const tensors = flatten(read).filter((t) => t instanceof Tensor);
  const write = (concrete: readonly Tensor[]): readonly Tensor[] => {
    let next = 0;
    const parts = read.map((v) =>
      show(
        mapStructure(v, (leaf) => (leaf instanceof Tensor ? concrete[next++] : leaf)),
        false,
        o.summarize,
      ),
    );
    const text = parts.join(o.sep) + o.end;
    if (o.outputStream === null) process.stderr.write(text);
    else o.outputStream(text);
    return [];
  };
  if (context.tracer === null) write(tensors);
  else {
    context.tracer.host({
      name: 'print',
      inputs: tensors,
      outputs: [],
      run: write,
      why: 'it prints',
      effects: 'order',
    });
  }
}

function isOptions(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((k) => Object.hasOwn(defaults, k));
}

function show(value: unknown, isNested: boolean, edge: number): string {
  if (value instanceof Tensor) return elements(value, edge < 0 ? Infinity : edge);
  if (Array.isArray(value)) return `[${value.map((v) => show(v, true, edge)).join(', ')}]`;
  if (typeof value === 'string') return isNested ? `'${value}'` : value;
  if (typeof value === 'object' && value !== null && isPlain(value)) {
    const parts = Object.entries(value).map(([k, v]) => `'${k}': ${show(v, true, edge)}`);
    return `{${parts.join(', ')}}`;
  }
  return String(value);
}

function elements(t: Tensor, edge: number): string {
  const data = valuesOf(t);
  const write = (i: number): string =>
    t.dt.kind === 'float' ? float(data[i] as number, t.dt.bytes <= 4) : String(data[i]);
  if (t.rank === 0) return write(0);
  if (t.size === 0) return '[]';
  checkText(shapeOf(t), edge === Infinity ? undefined : edge);
  const build = (axis: number, at: number, stride: number): string => {
    if (axis === t.rank) return write(at);
    const n = shapeOf(t)[axis];
    const inner = stride / n;
    const parts: string[] = [];
    for (let i = 0; i < n; i++) {
      if (n > 2 * edge && i === edge) {
        parts.push('...');
        i = n - edge;
        if (i >= n) break;
      }
      parts.push(build(axis + 1, at + i * inner, inner));
    }
    const outer = t.rank - 1 - axis;
    const between = outer === 0 ? ' ' : '\n'.repeat(outer) + ' '.repeat(axis + 1);
    return `[${parts.join(between)}]`;
  };
  return build(0, 0, t.size);
}

/** The shorter of C's %.6g and %.9g (float64: 15 and 17 digits) that parses to the same number. */
function float(v: number, single: boolean): string {
  if (!Number.isFinite(v)) return Number.isNaN(v) ? 'nan' : v > 0 ? 'inf' : '-inf';
  const short = formatG(v, single ? 6 : 15);
  const parsed = single ? Math.fround(Number(short)) : Number(short);
  return parsed === v ? short : formatG(v, single ? 9 : 17);
}

/** C's %.{digits}g. */
function formatG(v: number, digits: number): string {
  if (v === 0) return Object.is(v, -0) ? '-0' : '0';
  const [mantissa, exponent] = v.toExponential(digits - 1).split('e');
  const e = Number(exponent);
  const strip = (s: string): string => (s.includes('.') ? s.replace(/\.?0+$/, '') : s);
  if (e >= -4 && e < digits) return strip(v.toPrecision(digits));
  return `${strip(mantissa)}e${e < 0 ? '-' : '+'}${String(Math.abs(e)).padStart(2, '0')}`;
}
