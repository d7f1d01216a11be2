/**
 * The value of a property that keeps an object from being cloned. Algorithms that clone skip methods and private fields, so that a
 * tensor would arrive without its elements; a symbol they refuse, in a DataCloneError that shows its description. (A field
 * with one symbol for all costs an eager op nothing that can be measured.)
 */
export const uncloneable = Symbol(
  'gradtape: Tensor, Variable and IndexedSlices are cloned and posted as t.toTransferable(), of which ' +
    'tf.fromTransferable() makes them again; they themselves',
);
