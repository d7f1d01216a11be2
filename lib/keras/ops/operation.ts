/** The operations of keras.ops: functions of tensors that become nodes of a functional model if they are called with symbolic ones. */
import { InvalidArgumentError } from '../../core/errors';
import { isPlainObject } from '../../core/nest';
import { options as readOptions } from '../../core/options';
import { describe } from '../../core/shape';
import { KerasObject, type Config } from '../base/keras_object';
import { fromPythonName, snakeCase, uniqueName } from '../base/naming';
import { registerModule } from '../base/registry';
import { symbolicOutputs } from '../symbolic/symbolic_output';
import { CallNode, kerasTensorsIn, type Operation } from '../symbolic/keras_tensor';

/** The modules of Keras in which operations are, as files name them. */
export type OperationModule = 'numpy' | 'nn' | 'math' | 'core' | 'linalg' | 'image' | 'einops';

/** What an operation is. Its arguments are tensors; what its config has is of plain values. */
export interface OperationDefinition {
  readonly module: OperationModule;
  /** The class of Keras: `ExpandDims`. */
  readonly className: string;
  /** The names of the tensor arguments. */
  readonly tensors: readonly string[];
  /** Operands that a call has among its options, after those. */
  readonly named?: readonly string[];
  /** How Keras records those: by name (default), or by position with null for one that is missing. */
  readonly namedBy?: 'name' | 'position';
  /** Calls may end with an object of operands whose names vary. */
  readonly keywords?: boolean;
  /** The function's name where it is not that of the class: `batchNormalization`. */
  readonly functionName?: string;
  /** The config's entries that have no default, which follow the tensors as arguments. */
  readonly required?: readonly string[];
  /** The others with their defaults, the options. */
  readonly optional?: Readonly<Record<string, unknown>>;
  /** Computes. */
  readonly run: (tensors: readonly unknown[], config: Config) => unknown;
  /** The result for symbolic tensors, where it does not follow from tracing `run`. */
  readonly spec?: (tensors: readonly unknown[], config: Config) => unknown;
  /** Checks and normalizes the config. */
  readonly check?: (config: Config) => Config;
}

/** A node's operation: an operation with a config and a name. */
export class RecordedOperation extends KerasObject implements Operation {
  declare readonly name: string;
  declare readonly inboundNodes: CallNode[];
  declare readonly definition: OperationDefinition;
  declare readonly config: Config;

  constructor(definition: OperationDefinition, config: Config, name?: unknown) {
    super();
    this.definition = definition;
    this.config = config;
    this.name = typeof name === 'string' ? name : uniqueName(snakeCase(definition.className));
    this.inboundNodes = [];
  }

  /** @internal */
  get keepsNames(): boolean {
    return this.definition.keywords === true;
  }

  override invoke(...args: unknown[]): unknown {
    const outputs = this.computeOutputSpec(...args);
    if (kerasTensorsIn(args).length > 0) new CallNode(this, args, outputs);
    return outputs;
  }

  /** The result of a call with tensors or symbolic tensors, which is not recorded. */
  computeOutputSpec(...args: unknown[]): unknown {
    const operands = operandsOf(this.definition, args);
    const { run, spec } = this.definition;
    if (kerasTensorsIn(operands).length === 0) return run(operands, this.config);
    if (spec !== undefined) return spec(operands, this.config);
    return symbolicOutputs((...tensors) => run(tensors, this.config), operands);
  }

  override getConfig(): Config {
    return { name: this.name, ...this.config };
  }

  /** @internal */
  serializedAs(): { module: string; className: string; registeredName: string } {
    const { module, className } = this.definition;
    return { module: `keras.src.ops.${module}`, className, registeredName: className };
  }
}

/** The operands in their order; the last argument may have some by name. */
function operandsOf(
  { tensors, named = [], keywords = false }: OperationDefinition,
  args: readonly unknown[],
): readonly unknown[] {
  const last = args[args.length - 1];
  if (keywords || !isPlainObject(last)) return args;
  const byName = new Map(Object.entries(last));
  return [...tensors, ...named].map((name, i) => (i < args.length - 1 ? args[i] : byName.get(name)));
}

/** The name of an operation's function: `expandDims`. */
const functionName = (className: string): string => fromPythonName(snakeCase(className));

/** The config, and the named operands, that a call's arguments after the tensors say. */
function parse(
  d: OperationDefinition,
  rest: readonly unknown[],
  op: string,
): { config: Config; operands: readonly unknown[] } {
  const { required = [], optional = {}, named = [], namedBy = 'name' } = d;
  const config: Config = {};
  required.forEach((key, i) => {
    if (rest[i] === undefined) throw new TypeError(`[${op}] needs the argument ${key}`);
    config[key] = rest[i];
  });
  const all: Readonly<Record<string, unknown>> = {
    ...Object.fromEntries(named.map((name) => [name, null])),
    ...optional,
  };
  const names = Object.keys(all);
  const options = rest[required.length];
  if (rest.length > required.length + (names.length > 0 ? 1 : 0))
    throw new InvalidArgumentError(
      `[${op}] got too many arguments; it takes ${[...d.tensors, ...required].join(', ')}` +
        (names.length > 0 ? ` and an object of options, ${names.join(', ')}` : ''),
    );
  let operands: readonly unknown[] = [];
  if (names.length > 0) {
    const chosen = readOptions(options, names[0], all, op) as Config;
    for (const key of Object.keys(optional)) config[key] = chosen[key];
    const values = named.map((name) => chosen[name]);
    if (namedBy === 'position') operands = values;
    else if (named.length > 0) operands = [Object.fromEntries(named.map((name, i) => [name, values[i]]))];
  }
  return { config: d.check === undefined ? config : d.check(config), operands };
}

/**
 * The function of an operation, which files know by its class: it computes with tensors, and gives symbolic tensors for
 * symbolic ones.
 */
export function operation<F>(d: OperationDefinition): F {
  const op = d.functionName ?? functionName(d.className);
  const { required = [], optional = {} } = d;
  const fromConfig = (config: Config): RecordedOperation => {
    const { name, ...others } = config;
    const rest = required.map((key) => others[key]);
    const chosen = Object.fromEntries(
      Object.keys(optional)
        .filter((key) => key in others)
        .map((key) => [key, others[key]]),
    );
    const options = Object.keys(optional).length > 0 ? [chosen] : [];
    return new RecordedOperation(d, parse(d, [...rest, ...options], op).config, name);
  };
  const call = (...args: unknown[]): unknown => {
    const count = d.tensors.length;
    const operands = args.slice(0, count);
    if (operands.length < count || operands.some((value) => value === undefined))
      throw new TypeError(`[${op}] needs the arguments ${[...d.tensors, ...required].join(', ')}`);
    const { config, operands: others } = parse(d, args.slice(count), op);
    return applyOperation(d, [...operands, ...others], config);
  };
  Object.defineProperty(call, 'name', { value: op });
  registerModule(`keras.src.ops.${d.module}`, { [d.className]: makerOf(fromConfig) });
  return call as F;
}

/** What files find under the class of an operation. */
function makerOf(fromConfig: (config: Config) => RecordedOperation): object {
  return Object.assign(() => undefined, { fromConfig });
}

/** Computes with tensors; records a node for symbolic ones. */
export function applyOperation(d: OperationDefinition, args: readonly unknown[], config: Config): unknown {
  if (kerasTensorsIn(args).length === 0) return d.run(operandsOf(d, args), config);
  return new RecordedOperation(d, config).invoke(...args);
}

/** TypeError unless a value is an integer. */
export function integer(value: unknown, name: string, op: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw new TypeError(`[${op}] ${name} must be an integer; got ${describe(value)}`);
  return value;
}

/** An integer that a dimension may have, at least 1; TypeError or InvalidArgumentError for other values. */
export function positive(value: unknown, name: string, op: string): number {
  const n = integer(value, name, op);
  if (n < 1 || n >= 2 ** 31)
    throw new InvalidArgumentError(`[${op}] ${name} must be a positive integer below 2³¹; got ${n}`);
  return n;
}

/** TypeError unless a value is true or false. */
export function flag(value: unknown, name: string, op: string): boolean {
  if (typeof value !== 'boolean')
    throw new TypeError(`[${op}] ${name} must be true or false; got ${describe(value)}`);
  return value;
}

/** TypeError unless a value is a number. */
export function number(value: unknown, name: string, op: string): number {
  if (typeof value !== 'number')
    throw new TypeError(`[${op}] ${name} must be a number; got ${describe(value)}`);
  return value;
}

/** TypeError unless a value is an integer, or a list of integers; null passes. */
export function axes(value: unknown, name: string, op: string): number | readonly number[] | null {
  return value === null ? null : integers(value, name, op);
}

/** TypeError unless a value is an integer, or a list of integers. */
export function integers(value: unknown, name: string, op: string): number | readonly number[] {
  if (Array.isArray(value)) return value.map((axis: unknown) => integer(axis, name, op));
  return integer(value, name, op);
}
