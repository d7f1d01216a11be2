/** Recurrent layers. */
export { GRU, type GRUOptions } from './gru';
export { GRUCell, type GRUCellOptions } from './gru_cell';
export { LSTM, type LSTMOptions } from './lstm';
export { LSTMCell, type LSTMCellOptions } from './lstm_cell';
export { RNN, type RnnCallOptions, type RnnOptions } from './rnn';
export { SimpleRNN, type SimpleRNNOptions } from './simple_rnn';
export { SimpleRNNCell, type SimpleRNNCellOptions } from './simple_rnn_cell';
export { StackedRNNCells } from './stacked_rnn_cells';
export type { CellCallOptions, RnnCell, States, StateSize } from './cell';
export type { GateOptions, WeightOptions } from './recurrent_cell';
export {
  Bidirectional,
  type BidirectionalOptions,
  type MergeMode,
  type SequenceLayer,
} from './bidirectional';
export { TimeDistributed } from './time_distributed';
export { ConvLSTM1D, ConvLSTM2D, ConvLSTM3D, type ConvLSTMOptions } from './conv_lstm';
export type { ConvLSTMCellOptions } from './conv_lstm_cell';
