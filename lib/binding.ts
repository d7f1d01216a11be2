/** Loads the native addon: the only file that does. Explains every way in which that can fail. */
import * as fs from 'node:fs';
import * as path from 'node:path';

/**
 * The border: one entry per kernel family. Array buffers are arguments; every number goes through `frame`, whose
 * slots each entry documents (native/addon/calls_*.cc).
 */
export interface Native {
  readonly frame: ArrayBuffer;
  readonly unaryNames: readonly string[];
  readonly binaryNames: readonly string[];
  isa(): string;
  numThreads(): number;
  setNumThreads(n: number): void;
  misalignment(buffer: ArrayBuffer): number;
  unary(x: ArrayBuffer, y: ArrayBuffer): void;
  binary(a: ArrayBuffer, b: ArrayBuffer, y: ArrayBuffer): void;
  binaryBroadcast(a: ArrayBuffer, b: ArrayBuffer, y: ArrayBuffer): void;
  cast(x: ArrayBuffer, y: ArrayBuffer): void;
  select(c: ArrayBuffer, a: ArrayBuffer, b: ArrayBuffer, y: ArrayBuffer): void;
  fill(y: ArrayBuffer): void;
  iota(y: ArrayBuffer): void;
  /** The position of the first zero or negative element, or −1. */
  find(x: ArrayBuffer): number;
  copy(src: ArrayBuffer, dst: ArrayBuffer): void;
  readonly scatterNames: readonly string[];
  /** The position of the first index out of range, or -1. */
  gather(params: ArrayBuffer, indices: ArrayBuffer, out: ArrayBuffer): number;
  /** The position of the first index out of range, -1, or -2 for a division by zero. */
  scatter(dst: ArrayBuffer, indices: ArrayBuffer, updates: ArrayBuffer): number;
  countNonzero(mask: ArrayBuffer): number;
  nonzero(mask: ArrayBuffer, out: ArrayBuffer): void;
  maskGather(src: ArrayBuffer, mask: ArrayBuffer, out: ArrayBuffer): void;
}

const root = path.join(__dirname, '..');

function* candidates(): Generator<string> {
  const forced = process.env.GRADTAPE_BINARY;
  if (forced) {
    yield path.resolve(forced);
    return;
  }
  yield path.join(root, 'build', 'Release', 'gradtape.node');
  yield path.join(root, 'prebuilds', `${process.platform}-${process.arch}${libc()}`, 'gradtape.node');
}

function libc(): string {
  if (process.platform !== 'linux') return '';
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  return report?.header?.glibcVersionRuntime ? '' : '-musl';
}

function load(): Native {
  const tried: string[] = [];
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
      if (reason.includes('GRADTAPE_FORCE_ISA')) {
        throw new Error(`${reason}; GRADTAPE_FORCE_ISA='${process.env.GRADTAPE_FORCE_ISA}'`, {
          cause: error,
        });
      }
      tried.push(`${file}: ${reason}`);
    }
  }
  throw new Error(
    `gradtape's native addon could not be loaded on ${process.platform}-${process.arch}, Node ${process.versions.node}.\n` +
      tried.map((line) => `  ${line}`).join('\n') +
      `\nIf the file is missing or was built for another platform, build it here: ` +
      `cd ${root} && npm run build:native (a C++20 compiler and Python 3 are needed).`,
  );
}

export const native: Native = load();
/** The numbers of the next call. */
export const frame = new Float64Array(native.frame);
/** The same slots as raw 64-bit integers and bytes, for fill values. */
export const frameBigInts = new BigInt64Array(native.frame);
export const frameBytes = new Uint8Array(native.frame);
