/** The base class of layers whose results have the shape of their inputs. */
import { KerasTensor } from '../symbolic/keras_tensor';
import { Layer } from './layer';

/** A layer whose results have the shape of its inputs, and the dtype in which it computes. */
export abstract class SameShapeLayer extends Layer {
  override computeOutputSpec(x: KerasTensor): KerasTensor {
    return new KerasTensor(x.shape, this.computeDtype);
  }
}
