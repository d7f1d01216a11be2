/**
 * What the host and a library's process say to each other: one JSON object on a line. Tensors travel as files of raw
 * little-endian elements. Whatever else a library prints is passed over.
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
  /** Writes what came out of that one run to files in `folder`; asked once. */
  | { do: 'result'; folder: string }
  /** Runs it so many times. */
  | { do: 'time'; calls: number };

export interface Opened {
  /** The version of the library, and of its backend. */
  version: string;
  about?: Readonly<Record<string, string>>;
}

export interface Prepared {
  /** Why the library cannot do it; absent where it can. */
  reason?: string;
  /** How it does it, where that needs saying: a layout, a compiler. */
  note?: string;
  /** The whole workload is compiled into one program beforehand: it is listed beside eager workloads, not among them. */
  compiled?: boolean;
}

/** The reason of a library that has no function of a kind. */
export const lacking = 'the library has no such function';

export interface Results {
  outputs: readonly TensorFile[];
}

export interface Timed {
  ns: number;
}

/** A reply: what the request asked for, or an error. */
export type Reply = { error: string } | Opened | Prepared | Results | Timed;

/** Starts a line that is a reply. */
export const mark = '@gradtape ';

/** The reply in a line, or null where the line is something else that a library printed. */
export function parseReply(line: string): Reply | null {
  return line.startsWith(mark) ? (JSON.parse(line.slice(mark.length)) as Reply) : null;
}
