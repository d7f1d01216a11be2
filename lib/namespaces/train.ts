/** `tf.train`: checkpoints. */
export { Checkpoint, type RestoreOptions } from '../train/checkpoint';
export {
  CheckpointManager,
  type CheckpointManagerOptions,
  type ManagedSaveOptions,
} from '../train/checkpoint_manager';
export { latestCheckpoint } from '../train/state';
export type { Trackable } from '../train/tracking';
