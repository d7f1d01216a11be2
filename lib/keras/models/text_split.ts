/**
 * Models that begin with text. Compiled functions take no strings, so the layers that take them run op by op before each step, and the
 * step begins with their results.
 */
import { Layer } from '../layers/layer';
import type { KerasTensor } from '../symbolic/keras_tensor';
import { FunctionGraph } from './function_graph';

/** The two halves of a graph: the results of `text` are the inputs of `rest`. */
export interface TextSplit {
  readonly text: FunctionGraph;
  readonly rest: FunctionGraph;
}

const isText = (t: KerasTensor): boolean => (t.dtype as string) === 'string';

/**
 * Splits a graph after the operations that take text; null if there are none, if text leaves the model, or if weights are trained in
 * these operations, as in nested models: the gradient would not reach them.
 */
export function splitAtText(graph: FunctionGraph, name: string): TextSplit | null {
  const takesText = graph.nodes.filter((node) => node.inputs.some(isText));
  if (takesText.length === 0 || graph.outputs.some(isText)) return null;
  const trained = takesText.some(
    ({ operation }) => operation instanceof Layer && operation.trainableWeights.length > 0,
  );
  if (trained) return null;
  const results = takesText.flatMap(({ outputTensors }) => outputTensors);
  const between = [...new Set([...graph.inputs, ...results])].filter((t) => !isText(t));
  return {
    text: new FunctionGraph(graph.inputStructure, between, name),
    rest: new FunctionGraph(between, graph.outputStructure, name),
  };
}
