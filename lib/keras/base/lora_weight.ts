/** The value of a weight that LoRA changes. */
import { shapeOf, type Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import { reshape } from '../../ops/array/views';
import { matmul } from '../../ops/linalg/matmul';
import { add, multiply } from '../../ops/math/binary';
import type { Weight } from './weight';

/** w + s·a·b, in the wider of the dtypes of w and of a·b. `a` may be rows of A, `w` those of the weight. */
export function withLora(w: Tensor, a: Tensor, b: Tensor, scale: number): Tensor {
  const [rank, n] = shapeOf(b);
  const shape = shapeOf(w);
  const product = multiply(matmul(shape.length === 2 ? a : reshape(a, [-1, rank]), b), scale);
  const update = shape.length === 2 ? product : reshape(product, [...shape.slice(0, -1), n]);
  if (w.dtype === update.dtype) return add(w, update);
  return w.dt.bytes > update.dt.bytes ? add(w, cast(update, w.dtype)) : add(cast(w, update.dtype), update);
}

/** The value of a weight with its LoRA, in the dtype in which a layer computes; the weight itself if it has none. */
export function effectiveWeight(weight: Weight, dtype: Tensor['dtype']): Weight | Tensor {
  if (weight.lora === null) return weight;
  const { a, b, scale } = weight.lora;
  const merged = withLora(weight.operand(), a.operand(), b.operand(), scale);
  return merged.dtype === dtype ? merged : cast(merged, dtype);
}
