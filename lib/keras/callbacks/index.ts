/** `tf.keras.callbacks`. */
export { Callback, type Logs, type TrainedModel, type TrainingParams } from './callback';
export { BackupAndRestore, type BackupAndRestoreOptions } from './backup_and_restore';
export { CallbackList, type CallbackListOptions } from './callback_list';
export { CSVLogger, type CSVLoggerOptions } from './csv_logger';
export { EarlyStopping, type EarlyStoppingOptions } from './early_stopping';
export { History } from './history';
export { LambdaCallback, type LambdaCallbackOptions } from './lambda_callback';
export {
  LearningRateScheduler,
  type LearningRateSchedulerOptions,
  ReduceLROnPlateau,
  type ReduceLROnPlateauOptions,
} from './learning_rate';
export { ModelCheckpoint, type ModelCheckpointOptions } from './model_checkpoint';
export type { MonitorOptions } from './monitor';
export { ProgbarLogger } from './progbar_logger';
export { RemoteMonitor, type RemoteMonitorOptions } from './remote_monitor';
export { TensorBoard, type TensorBoardOptions } from './tensorboard';
export { SwapEMAWeights, type SwapEMAWeightsOptions } from './swap_ema_weights';
export { TerminateOnNaN, type TerminateOnNaNOptions } from './terminate_on_nan';
