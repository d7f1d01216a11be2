/** The boxes and edges of a model's drawing. */
import { classOf, listed, outputShapeText, type SummarizedModel } from '../../models/summary';
import { Layer } from '../../layers/layer';
import { nodeOf, type CallNode, type Operation } from '../../symbolic/keras_tensor';
import type { FunctionGraph } from '../../models/function_graph';
import { nameOfActivation } from './activation_name';

/** What a drawing shows of each layer. */
export interface Shown {
  readonly showShapes: boolean;
  readonly showDtype: boolean;
  readonly showLayerNames: boolean;
  readonly showLayerActivations: boolean;
  readonly showTrainable: boolean;
  readonly expandNested: boolean;
}

/** A layer: a title and lines below it. */
export interface DrawnLayer {
  readonly title: string;
  readonly lines: readonly string[];
  /** Whether its weights are trained; null if that is not shown. */
  readonly trained: boolean | null;
  /** The places of the groups that it is in, the outermost first. */
  readonly groups: readonly number[];
}

export interface Drawing {
  readonly layers: readonly DrawnLayer[];
  readonly edges: readonly (readonly [number, number])[];
  /** The names of the models whose layers are drawn. */
  readonly groups: readonly string[];
}

/** The boxes at which a model's inputs arrive and its results leave. */
interface Ends {
  readonly first: readonly number[];
  readonly last: readonly number[];
}

const shapeText = (shape: readonly (number | null)[]): string =>
  `(${shape.map((n) => n ?? 'None').join(', ')})`;

function describeLayer(operation: Operation, o: Shown, groups: readonly number[]): DrawnLayer {
  const className = classOf(operation);
  const node = operation.inboundNodes[0] as CallNode | undefined;
  const lines: string[] = [];
  const activation = o.showLayerActivations ? nameOfActivation(operation) : null;
  if (activation !== null) lines.push(`Activation: ${activation}`);
  if (o.showShapes) {
    if (className !== 'InputLayer') {
      const shapes = node?.inputs.map(({ shape }) => shapeText(shape)) ?? [];
      lines.push(`Input shape: ${shapes.length === 0 ? '?' : shapes.join(', ')}`);
    }
    lines.push(`Output shape: ${outputShapeText(operation)}`);
  }
  if (o.showDtype) {
    const dtypes = node?.outputTensors.map(({ dtype }) => dtype) ?? [];
    lines.push(`Output dtype: ${dtypes.length === 0 ? '?' : dtypes.join(', ')}`);
  }
  const hasWeights = operation instanceof Layer && operation.weights.length > 0;
  return {
    title: o.showLayerNames ? `${operation.name} (${className})` : className,
    lines,
    trained: o.showTrainable && hasWeights ? operation.trainable : null,
    groups,
  };
}

const isModel = (operation: object): operation is SummarizedModel =>
  'graph' in operation && 'layers' in operation && Array.isArray(operation.layers);

/** The layers of a model, one box each, and the edges between them; layers of models within it if these are expanded. */
export function drawingOf(model: SummarizedModel, o: Shown): Drawing {
  const layers: DrawnLayer[] = [];
  const edges = new Map<string, readonly [number, number]>();
  const groupNames: string[] = [];
  const connect = (from: readonly number[], to: readonly number[]): void => {
    for (const a of from) for (const b of to) edges.set(`${a},${b}`, [a, b]);
  };

  const addOperation = (operation: Operation, groups: readonly number[]): Ends => {
    const canOpen = o.expandNested && isModel(operation) && (operation.graph !== null || 'add' in operation);
    if (canOpen) return addModel(operation, [...groups, groupNames.push(operation.name) - 1]);
    const place = layers.push(describeLayer(operation, o, groups)) - 1;
    return { first: [place], last: [place] };
  };

  const addModel = (opened: SummarizedModel, groups: readonly number[]): Ends => {
    const operations = listed(opened);
    const ends = new Map(operations.map((operation) => [operation, addOperation(operation, groups)]));
    const all = [...ends.values()];
    if (opened.graph === null || 'add' in opened) {
      for (let i = 1; i < all.length; i++) connect(all[i - 1].last, all[i].first);
      return { first: all[0]?.first ?? [], last: all.at(-1)?.last ?? [] };
    }
    const { graph } = opened;
    for (const node of graph.nodes)
      for (const parent of node.parents()) {
        const [from, to] = [ends.get(parent.operation), ends.get(node.operation)];
        if (from !== undefined && to !== undefined) connect(from.last, to.first);
      }
    return endsOf(graph, ends);
  };

  if (model.graph === null && !('add' in model))
    layers.push(describeLayer(model as unknown as Operation, o, []));
  else addModel(model, []);
  return { layers, edges: [...edges.values()], groups: groupNames };
}

function endsOf(graph: FunctionGraph, ends: ReadonlyMap<Operation, Ends>): Ends {
  const of = (tensors: FunctionGraph['inputs'], end: keyof Ends): number[] => [
    ...new Set(tensors.flatMap((t) => ends.get(nodeOf(t).operation)?.[end] ?? [])),
  ];
  return { first: of(graph.inputs, 'first'), last: of(graph.outputs, 'last') };
}
