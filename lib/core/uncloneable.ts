/**
 * The value of a property that prevents structured cloning. The algorithm skips methods and private fields, so a cloned tensor
 * would have no elements; but it rejects symbols, by a DataCloneError that shows the description. (The field has no
 * measurable cost in an eager op.)
 */
export const uncloneable = Symbol(
  'gradtape: Tensor, Variable and IndexedSlices are cloned and posted as t.toTransferable(), of which ' +
    'tf.fromTransferable() makes them again; they themselves',
);
