/** Conversion and variables need each other: this is what conversion knows of variables. */
import type { Tensor } from './tensor';

/** An object that stands for a tensor and gives it when read. */
export abstract class Readable {
  /** The tensor that it stands for now. */
  abstract read(): Tensor;
}
