/** The variables of layers. */
import { dtypeInfo, type DType, type DTypeInfo } from '../../core/dtype';
import type { Tensor } from '../../core/tensor';
import { Variable } from '../../core/variable';
import { cast } from '../../ops/array/cast';
import { currentPath } from './naming';

export interface WeightOptions {
  readonly name: string;
  readonly trainable: boolean;
  readonly constraint: ((value: Tensor) => Tensor) | null;
  readonly regularizer: ((value: Tensor) => Tensor) | null;
  readonly autocast: boolean;
}

/** The dtype to which floating-point weights are cast where they are read; null: their own. */
let castTo: DTypeInfo | null = null;

/** Runs f; floating-point weights that it reads are cast to a dtype (null: they keep theirs). */
export function withAutocast<T>(dtype: DType | null, f: () => T): T {
  const before = castTo;
  castTo = dtype === null ? null : dtypeInfo(dtype, '[keras] dtype');
  try {
    return f();
  } finally {
    castTo = before;
  }
}

/** A variable of a layer: it has a path, and its layer may freeze it. */
export class Weight extends Variable {
  declare trainable: boolean;
  /** @internal Whether it is trained where its layer is not frozen. */
  mayTrain = true;
  /** @internal The matrices that `enableLora` added to this weight, which it froze. */
  lora: { readonly a: Weight; readonly b: Weight; readonly scale: number } | null = null;
  /** @internal Whether it is such a matrix. */
  isLoraFactor = false;
  /** The names of the layers in which it was created, and its own: `sequential/dense/kernel`. */
  readonly path: string;
  readonly regularizer: ((value: Tensor) => Tensor) | null;
  private readonly autocast: boolean;

  constructor(value: Tensor, o: WeightOptions) {
    super(value, { name: o.name, trainable: o.trainable, constraint: o.constraint });
    this.path = currentPath(o.name);
    this.regularizer = o.regularizer;
    this.autocast = o.autocast && this.dt.kind === 'float';
  }

  /** @internal A layer keeps it: a compiled function may create it after its first call too. */
  override get isKept(): boolean {
    return true;
  }

  /** @internal */
  override operand(): Tensor {
    const value = super.operand();
    if (castTo === null || castTo === this.dt || !this.autocast) return value;
    return cast(value, castTo.name);
  }
}
