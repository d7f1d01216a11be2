/** Whether an op is recorded, by a tape or by the trace of a function. */
import { context } from '../core/context';

/** Whether no tape is active and no function is being traced: results that only a gradient reads need not be computed. */
export const notRecorded = (): boolean => context.recorder === null && context.tracer === null;
