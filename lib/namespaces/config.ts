/** `tf.config`: how the process computes. */
import { native } from '../binding';
import { InvalidArgumentError } from '../core/errors';
import { describe } from '../core/shape';

/** Threads of the kernels. One pool serves the whole process, worker threads included. */
export const threading = {
  /** How many threads one op may use. @tf tf.config.threading.get_intra_op_parallelism_threads */
  getIntraOpParallelismThreads(): number {
    return native.numThreads();
  },
  /**
   * Sets how many threads one op may use; 0 stands for as many as the process has CPUs. Results do not depend on it.
   * At start GRADTAPE_NUM_THREADS decides. @tf tf.config.threading.set_intra_op_parallelism_threads
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

/** The instruction set of the kernels in use: 'avx512', 'avx2', 'neon' or 'portable'. GRADTAPE_FORCE_ISA overrides it at start. */
export function isa(): string {
  return native.isa();
}

export {
  convolutionPrecision as getConvolutionPrecision,
  setConvolutionPrecision,
  type ConvolutionPrecision,
} from '../ops/nn/conv_precision';
export { functionsRunEagerly, runFunctionsEagerly } from '../function/eager';
