import { dtypes, type DTypeInfo } from './dtype';
import { scalarShape } from './shape';
import { makeTensor, storageView, type Tensor, writeValues } from './tensor';

/** @internal A scalar tensor. */
export function scalarTensor(dt: DTypeInfo, value: number | bigint): Tensor {
  const t = makeTensor(dt, scalarShape, 1);
  if (dt === dtypes.float32) {
    (storageView(t) as Float32Array)[t.offset / 4] = value as number;
  } else {
    writeValues(t, [value]);
  }
  return t;
}
