/** Loads the native addon: the only file that does. Explains every way in which that can fail. */
import * as fs from 'node:fs';
import * as path from 'node:path';

/**
 * The border: one entry per kernel family. Array buffers are arguments; every number goes through `frame`, whose
 * slots each entry documents (native/addon/calls_*.cc).
 */
export interface Native {
  readonly frame: ArrayBuffer;
  /** Of `frame`, in slots: where the page of the next call is named, just behind the frame itself; the first page; a page's length. */
  readonly pages: { readonly turned: number; readonly first: number; readonly length: number };
  /** The most that a call takes. */
  readonly maxBuffers: number;
  readonly unaryNames: readonly string[];
  readonly binaryNames: readonly string[];
  readonly reduceNames: readonly string[];
  readonly argReduceNames: readonly string[];
  readonly scanNames: readonly string[];
  readonly randomNames: readonly string[];
  isa(): string;
  numThreads(): number;
  setNumThreads(n: number): void;
  newStorage(buffer: ArrayBuffer): number;
  unary(x: ArrayBuffer, y: ArrayBuffer): void;
  binary(a: ArrayBuffer, b: ArrayBuffer, y: ArrayBuffer): void;
  binaryBroadcast(a: ArrayBuffer, b: ArrayBuffer, y: ArrayBuffer): void;
  glu(x: ArrayBuffer, y: ArrayBuffer): void;
  crelu(x: ArrayBuffer, y: ArrayBuffer): void;
  cast(x: ArrayBuffer, y: ArrayBuffer): void;
  select(c: ArrayBuffer, a: ArrayBuffer, b: ArrayBuffer, y: ArrayBuffer): void;
  fill(y: ArrayBuffer): void;
  iota(y: ArrayBuffer): void;
  /** The position of the first zero or negative element, or −1. */
  find(x: ArrayBuffer): number;
  copy(src: ArrayBuffer, dst: ArrayBuffer): void;
  /** Pieces that lie side by side in the rows of a whole, to it or from it. */
  parts(whole: ArrayBuffer, ...pieces: ArrayBuffer[]): void;
  readonly scatterNames: readonly string[];
  /** The position of the first index out of range, or -1. */
  gather(params: ArrayBuffer, indices: ArrayBuffer, out: ArrayBuffer): number;
  /** The position of the first index out of range, -1, or -2 for a division by zero. */
  scatter(dst: ArrayBuffer, indices: ArrayBuffer, updates: ArrayBuffer): number;
  oneHot(indices: ArrayBuffer, out: ArrayBuffer): void;
  countNonzero(mask: ArrayBuffer): number;
  nonzero(mask: ArrayBuffer, out: ArrayBuffer): void;
  maskGather(src: ArrayBuffer, mask: ArrayBuffer, out: ArrayBuffer): void;
  reduce(x: ArrayBuffer, y: ArrayBuffer): void;
  moments(x: ArrayBuffer, mean: ArrayBuffer, variance: ArrayBuffer): void;
  normalize(x: ArrayBuffer, y: ArrayBuffer): void;
  argReduce(x: ArrayBuffer, y: ArrayBuffer): void;
  scan(x: ArrayBuffer, y: ArrayBuffer): void;
  recurrence(a: ArrayBuffer, b: ArrayBuffer, y: ArrayBuffer): void;
  random(y: ArrayBuffer): void;
  matmul(a: ArrayBuffer, b: ArrayBuffer, c: ArrayBuffer): void;
  fusedMatmul(a: ArrayBuffer, b: ArrayBuffer, c: ArrayBuffer, bias: ArrayBuffer, residual: ArrayBuffer): void;
  /** A convolution or one of its gradients. */
  conv(a: ArrayBuffer, b: ArrayBuffer, result: ArrayBuffer): void;
  fusedConv(
    x: ArrayBuffer,
    filter: ArrayBuffer,
    y: ArrayBuffer,
    bias: ArrayBuffer,
    residual: ArrayBuffer,
  ): void;
  softmax(x: ArrayBuffer, y: ArrayBuffer): void;
  logSumExp(x: ArrayBuffer, y: ArrayBuffer): void;
  sort(x: ArrayBuffer, y: ArrayBuffer): void;
  topK(x: ArrayBuffer, values: ArrayBuffer, indices: ArrayBuffer): void;
  /** How many different elements there are. */
  unique(x: ArrayBuffer, index: ArrayBuffer, y: ArrayBuffer, came: ArrayBuffer, counts: ArrayBuffer): number;
  softmaxGradient(dy: ArrayBuffer, y: ArrayBuffer, dx: ArrayBuffer): void;
  /** The position of the first label out of range, or -1. */
  crossEntropy(logits: ArrayBuffer, labels: ArrayBuffer, loss: ArrayBuffer, backprop?: ArrayBuffer): number;
  layerNorm(
    x: ArrayBuffer,
    scale: ArrayBuffer,
    shift: ArrayBuffer,
    y: ArrayBuffer,
    mean?: ArrayBuffer,
    rstd?: ArrayBuffer,
  ): void;
  layerNormGradient(dy: ArrayBuffer, x: ArrayBuffer, ...parameters: ArrayBuffer[]): void;
  batchNorm(
    x: ArrayBuffer,
    scale: ArrayBuffer,
    shift: ArrayBuffer,
    y: ArrayBuffer,
    mean: ArrayBuffer,
    variance: ArrayBuffer,
  ): void;
  batchNormGiven(
    x: ArrayBuffer,
    mean: ArrayBuffer,
    variance: ArrayBuffer,
    offset: ArrayBuffer,
    scale: ArrayBuffer,
    y: ArrayBuffer,
  ): void;
  batchNormGradient(dy: ArrayBuffer, x: ArrayBuffer, ...parameters: ArrayBuffer[]): void;
  localResponse(x: ArrayBuffer, band: ArrayBuffer, y: ArrayBuffer): void;
  depthwise(x: ArrayBuffer, w: ArrayBuffer, y: ArrayBuffer): void;
  fusedDepthwise(
    x: ArrayBuffer,
    w: ArrayBuffer,
    y: ArrayBuffer,
    bias: ArrayBuffer,
    residual: ArrayBuffer,
  ): void;
  pool(x: ArrayBuffer, g: ArrayBuffer, y: ArrayBuffer, dx: ArrayBuffer): void;
  readonly optimizerNames: readonly string[];
  /** For each variable the gradient, then what goes in and comes out of each state. */
  optimizer(...buffers: ArrayBuffer[]): void;
  /** The numbers of the entries that may be steps of a program, by name. */
  readonly entries: Readonly<Record<string, number>>;
  /**
   * From now on, calls of such entries go to `record` first: their number and buffers, the numbers in `frame`. Where it
   * returns true the call is not carried out. undefined ends that.
   */
  capture(record: ((entry: number, ...buffers: ArrayBuffer[]) => boolean) | undefined): void;
  /** A group of elementwise steps; only as an instruction of a program. */
  fused(): void;
  /** Checks a program and keeps it; its number (native/program/run.h). */
  loadProgram(code: ArrayBuffer): number;
  freeProgram(): void;
  /** Undefined, or the word of the instruction that gave another result than -1. */
  runProgram(table: ArrayBuffer, ...storages: ArrayBuffer[]): number | undefined;
  /** The same on another thread; then, on the event loop, `done` with that word or -1, and with what it throws. */
  startProgram(
    done: (stopped: number, error: Error | undefined) => void,
    table: ArrayBuffer,
    ...storages: ArrayBuffer[]
  ): void;
  /** The position of the first index out of range, or -1. */
  optimizerRows(gradient: ArrayBuffer, indices: ArrayBuffer, from: ArrayBuffer, to: ArrayBuffer): number;
}

const root = path.join(__dirname, '..');

/** The name of the folder in prebuilds/ that belongs to this process. */
function platform(): string {
  return `${process.platform}-${process.arch}${usesMusl() ? '-musl' : ''}`;
}

/** Whether this Node is linked to musl: its own file names the loader within the first bytes. */
function usesMusl(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const head = Buffer.alloc(4096);
    const fd = fs.openSync(process.execPath, 'r');
    try {
      fs.readSync(fd, head, 0, head.length, 0);
    } finally {
      fs.closeSync(fd);
    }
    return head.includes('/ld-musl-');
  } catch {
    return false;
  }
}

function* candidates(): Generator<string> {
  const forced = process.env.GRADTAPE_BINARY;
  if (forced) {
    yield path.resolve(forced);
    return;
  }
  yield path.join(root, 'build', 'Release', 'gradtape.node');
  yield path.join(root, 'prebuilds', platform(), 'gradtape.node');
}

/** What the dynamic loader's message means, in words; '' where it speaks for itself. */
function meaning(reason: string, file: string): string {
  // glibc's words for a file that is there and that it does not take; for a library that is missing it names that one.
  if (reason.startsWith(`${file}: cannot open shared object file`))
    return 'it was built for another processor';
  if (/version .?(GLIBC|GLIBCXX|CXXABI)_/.test(reason))
    return 'it needs newer C or C++ libraries than this system has';
  if (/undefined symbol: napi_/.test(reason)) return 'it needs a newer Node (20 or later)';
  if (/ld-musl|libc\.musl|libc\.so\.6|__\w+_chk: symbol not found/.test(reason))
    return 'it was built for another C library';
  if (/file too short|truncated|cannot read file data|self-register/i.test(reason))
    return 'the file is damaged';
  if (
    /ELF|Mach-O|slice is not valid|incompatible architecture|wrong architecture|Exec format|Win32/i.test(
      reason,
    )
  ) {
    return 'it was built for another platform, or is not an addon at all';
  }
  return '';
}

/** The platforms that the package carries binaries for. */
function carried(): string[] {
  try {
    return fs.readdirSync(path.join(root, 'prebuilds')).sort();
  } catch {
    return [];
  }
}

function load(): Native {
  const tried: string[] = [];
  const causes: unknown[] = [];
  for (const file of candidates()) {
    if (!fs.existsSync(file)) {
      tried.push(`${file}: no such file`);
      continue;
    }
    try {
      // eslint-disable-next-line @typescript-eslint/no-require-imports
      return require(file) as Native;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // The addon loaded, and refuses a setting of the user's: `NAME what is wrong with it`.
      const setting = /^(GRADTAPE_[A-Z_]+) /.exec(reason)?.[1];
      if (setting !== undefined) {
        throw new Error(`${reason}; ${setting}='${process.env[setting]}'`, { cause: error });
      }
      const says = reason.replace(`${file}: `, '');
      const why = meaning(reason, file);
      tried.push(`${file}: ${says}${why && ` (${why})`}`);
      causes.push(error);
    }
  }
  const binaries = carried();
  const lines = [
    `gradtape's native addon could not be loaded on ${platform()}, Node ${process.versions.node}:`,
    ...tried.map((line) => `  ${line}`),
  ];
  if (process.env.GRADTAPE_BINARY) {
    lines.push(
      'The environment variable GRADTAPE_BINARY names this file; unset it to use the one of the package.',
    );
  } else {
    if (binaries.length > 0) lines.push(`The package carries binaries for ${binaries.join(', ')}.`);
    lines.push(
      'Build it here, with a C++20 compiler and Python 3:',
      `  cd ${root} && npm run build:native`,
      'A node_modules folder that was copied from another machine needs that too.',
    );
  }
  throw new Error(lines.join('\n'), { cause: causes[0] });
}

export const native: Native = load();
/**
 * The frame and, behind it, pages: small frames that calls which are made again and again keep for themselves. At `turned`
 * stands where the page of the next call begins; the call sets it to 0, for the frame.
 */
export const slots = new Float64Array(native.frame);
export const pages = { ...native.pages };
/** The numbers of the next call. */
export const frame = slots.subarray(0, pages.turned);
/** The same slots as raw 64-bit integers. */
export const frameBigInts = new BigInt64Array(native.frame, 0, pages.turned);
