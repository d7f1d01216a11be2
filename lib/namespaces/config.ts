/** `tf.config`: settings of the process. */
import { native } from '../binding';
import { InvalidArgumentError } from '../core/errors';
import { describe } from '../core/shape';

/** The kernels' thread pool, of which a process has one, shared by its worker threads. */
export const threading = {
  /** The maximum number of threads of one op. @tf tf.config.threading.get_intra_op_parallelism_threads */
  getIntraOpParallelismThreads(): number {
    return native.numThreads();
  },
  /**
   * Sets the maximum number of threads of one op; 0 restores the initial number, which is that of the process's CPUs unless
   * GRADTAPE_NUM_THREADS is set. Results do not depend on it.
   * @tf tf.config.threading.set_intra_op_parallelism_threads
   */
  setIntraOpParallelismThreads(count: number): void {
    if (typeof count !== 'number')
      throw new TypeError(`[setIntraOpParallelismThreads] count must be a number; got ${describe(count)}`);
    if (!Number.isInteger(count) || count < 0 || count > 1024) {
      throw new InvalidArgumentError(
        `[setIntraOpParallelismThreads] count must be an integer from 0 to 1024; got ${count}`,
      );
    }
    native.setNumThreads(count === 0 ? startThreads : count);
  },
};

const startThreads = native.numThreads();

/** The instruction set of the kernels: 'avx512', 'avx2', 'neon' or 'portable'. GRADTAPE_FORCE_ISA overrides the choice at load. */
export function isa(): string {
  return native.isa();
}

export {
  convolutionPrecision as getConvolutionPrecision,
  setConvolutionPrecision,
  type ConvolutionPrecision,
} from '../ops/nn/conv_precision';
export { functionsRunEagerly, runFunctionsEagerly } from '../function/eager';
