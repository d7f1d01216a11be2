/**
 * The protocol between the host and a library's process: one JSON object per line. Tensors are passed as files of raw little-endian
 * elements. Other output of a library is ignored.
 */
import type { ElementType, Parameter } from '../workloads/workload';

/** A tensor in a file. */
export interface TensorFile {
  file: string;
  shape: readonly number[];
  dtype: ElementType;
}

export type Request =
  /** Loads the library. */
  | { do: 'open'; threads: number }
  /** Prepares a workload and runs it once. Replaces the workload before it. */
  | {
      do: 'prepare';
      kind: string;
      params: Readonly<Record<string, Parameter>>;
      inputs: readonly TensorFile[];
    }
  /** Writes the results of that first run to files in `folder`; requested at most once. */
  | { do: 'result'; folder: string }
  /** Runs the workload `calls` times. */
  | { do: 'time'; calls: number };

export interface Opened {
  /** The version of the library, and of its backend. */
  version: string;
  about?: Readonly<Record<string, string>>;
}

export interface Prepared {
  /** Why the library cannot compute it; absent if it can. */
  reason?: string;
  /** Anything notable about how it computes it: a layout, a compiler. */
  note?: string;
  /** The whole workload is compiled into one program beforehand: it is listed separately from eager libraries. */
  compiled?: boolean;
}

/** The reason of a library that does not implement a kind of workload. */
export const lacking = 'the library has no such function';

export interface Results {
  outputs: readonly TensorFile[];
}

export interface Timed {
  ns: number;
}

/** A reply: the result of the request, or an error. */
export type Reply = { error: string } | Opened | Prepared | Results | Timed;

/** The prefix of a line that is a reply. */
export const mark = '@gradtape ';

/** The reply in a line, or null if the line is other output of the library. */
export function parseReply(line: string): Reply | null {
  return line.startsWith(mark) ? (JSON.parse(line.slice(mark.length)) as Reply) : null;
}
