/** Loads the native addon: the only file that does. Explains every way in which that can fail. */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { castSlots } from './cast_slots';
import { version } from './version';

/**
 * What the addon exports, but for the entries of the native binding, which op/kernels.ts calls: array buffers are their
 * arguments, and every number goes through `frame`, the argument buffer.
 */
export interface Native {
  readonly argumentBuffer: ArrayBuffer;
  /** The most that a call takes. */
  readonly maxBuffers: number;
  /** A fingerprint of the arguments of all entries, which op/kernels.ts was generated for. */
  readonly arguments: number;
  /** All dtypes of native code, by code. */
  readonly dtypes: readonly {
    readonly name: string;
    readonly code: number;
    readonly bytes: number;
    readonly kind: 'bool' | 'floating' | 'signed' | 'unsigned';
    /** The name of the dtype that arithmetic is done in. */
    readonly compute: string;
  }[];
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
  /** An ArrayBuffer over the memory of the array, which may be over a SharedArrayBuffer, and which it keeps alive. */
  shareMemory(array: Uint8Array): ArrayBuffer;
  /** Gives the heap's free pages back to the system. */
  trimHeap(): void;
  readonly scatterNames: readonly string[];
  readonly optimizerNames: readonly string[];
  /** The numbers of the entries that may be steps of a program, by name. */
  readonly entries: Readonly<Record<string, number>>;
  /**
   * From now on, calls of such entries go to `record` first: their number and buffers, the numbers in `frame`. Where it
   * returns true the call is not carried out. undefined ends that.
   */
  capture(record: ((entry: number, ...buffers: ArrayBuffer[]) => boolean) | undefined): void;
  /** Checks a program and keeps it; its number (native/program/run.h). A run brings so many storages and scalars. */
  loadProgram(code: ArrayBuffer, storages: number, scalars: number): number;
  freeProgram(program: number): void;
  /** Undefined, or the word of the instruction that gave another result than -1. */
  runProgram(table: ArrayBuffer, ...storages: ArrayBuffer[]): number | undefined;
  /** The same on another thread; then, on the event loop, `done` with that word or -1, and with what it throws. */
  startProgram(
    done: (stopped: number, error: Error | undefined) => void,
    table: ArrayBuffer,
    ...storages: ArrayBuffer[]
  ): void;
}

/** The folder of the package; none where a bundler made an ES module of it. */
const root = typeof __dirname === 'string' ? path.join(__dirname, '..') : undefined;

/** The platforms that have a prebuilt addon, each in a package of its own, `@gradtape/<platform>`. */
const prebuilt = [
  'darwin-arm64',
  'darwin-x64',
  'linux-arm64',
  'linux-arm64-musl',
  'linux-x64',
  'linux-x64-musl',
  'win32-x64',
];

/** An addon, or why there is none: `missing` if its file or package is not there. */
type Attempt = { native: Native } | { missing: string } | { error: unknown };

/**
 * The addon of a platform's package. The names are literals, so that bundlers find them, and stand in a `try`, so that
 * bundlers accept that only one of them is installed.
 */
function loadPackage(platform: string): Attempt {
  try {
    switch (platform) {
      /* eslint-disable @typescript-eslint/no-require-imports -- CommonJS, and only one of them exists */
      case 'darwin-arm64':
        return { native: require('@gradtape/darwin-arm64') as Native };
      case 'darwin-x64':
        return { native: require('@gradtape/darwin-x64') as Native };
      case 'linux-arm64':
        return { native: require('@gradtape/linux-arm64') as Native };
      case 'linux-arm64-musl':
        return { native: require('@gradtape/linux-arm64-musl') as Native };
      case 'linux-x64':
        return { native: require('@gradtape/linux-x64') as Native };
      case 'linux-x64-musl':
        return { native: require('@gradtape/linux-x64-musl') as Native };
      case 'win32-x64':
        return { native: require('@gradtape/win32-x64') as Native };
      /* eslint-enable @typescript-eslint/no-require-imports */
      default:
        return { missing: 'there is no prebuilt addon for this platform' };
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'MODULE_NOT_FOUND' && !message.includes('"main"')) return { missing: 'it is not installed' };
    return { error };
  }
}

/** The addon in a file. By `process.dlopen`: bundlers rewrite each `require` of a name that they do not know. */
function loadFile(file: string): Attempt {
  try {
    if (!fs.existsSync(file)) return { missing: 'no such file' };
    const module = { exports: {} };
    process.dlopen(module, path.toNamespacedPath(file));
    return { native: module.exports as Native };
  } catch (error) {
    return { error };
  }
}

/** The name of this process's platform, as the packages have it. */
function platformName(): string {
  return `${process.platform}-${process.arch}${usesMusl() ? '-musl' : ''}`;
}

/** Whether this Node is linked to musl: its own file names the loader that starts it (the ELF segment PT_INTERP). */
function usesMusl(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const fd = fs.openSync(process.execPath, 'r');
    try {
      const read = (length: number, position: number): Buffer => {
        const bytes = Buffer.alloc(length);
        fs.readSync(fd, bytes, 0, length, position);
        return bytes;
      };
      const header = read(64, 0);
      const entry = header.readUInt16LE(54);
      const segments = read(entry * header.readUInt16LE(56), Number(header.readBigUInt64LE(32)));
      for (let at = 0; at < segments.length; at += entry) {
        if (segments.readUInt32LE(at) !== 3) continue;
        const offset = Number(segments.readBigUInt64LE(at + 8));
        return read(Number(segments.readBigUInt64LE(at + 32)), offset).includes('/ld-musl-');
      }
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    // It is no such file, or must not be read (--permission): a report names the version of glibc, which takes longer.
    const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
    return report?.header !== undefined && report.header.glibcVersionRuntime === undefined;
  }
  return false;
}

/** The flag that Node's permission model (`--permission`) needs, if an error is one of its; otherwise null. */
function neededFlag(error: unknown): string | null {
  const { code, permission, resource } = error as NodeJS.ErrnoException & {
    permission?: string;
    resource?: string;
  };
  if (code === 'ERR_DLOPEN_DISABLED') return '--allow-addons';
  if (code !== 'ERR_ACCESS_DENIED' || permission !== 'FileSystemRead') return null;
  return `--allow-fs-read=${resource ? path.join(path.dirname(resource), path.sep) : '*'}`;
}

/** What the dynamic loader's message means, in words; '' if it speaks for itself. */
function meaning(reason: string): string {
  // glibc's words for a file that is there and that it refuses; for a library that is missing it names that one.
  if (/^\S*gradtape\.node: cannot open shared object file/.test(reason))
    return 'it was built for another processor';
  if (/version .?(GLIBC|GLIBCXX|CXXABI)_/.test(reason))
    return 'it needs newer C or C++ libraries than this system has';
  if (/undefined symbol: napi_/.test(reason)) return 'it needs a newer Node (20 or later)';
  if (/ld-musl|library ld-linux|libc\.musl|libc\.so|__\w+_chk: symbol not found/.test(reason))
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

/** The packages of other platforms that are installed where this one's should be. */
function installedInstead(): string[] {
  if (root === undefined) return [];
  try {
    return fs
      .readdirSync(path.join(root, '..', '@gradtape'))
      .filter((name) => prebuilt.includes(name))
      .sort();
  } catch {
    return [];
  }
}

/** How to get an addon for `platform`, whose package is not installed. */
function howToInstall(platform: string): string[] {
  if (!prebuilt.includes(platform)) return [`There are prebuilt addons for ${prebuilt.join(', ')}.`];
  const others = installedInstead();
  const lines = [];
  if (others.length > 0) {
    const names = others.map((name) => `@gradtape/${name}`).join(', ');
    const libc = others.some((name) => `${name}-musl` === platform || name === `${platform}-musl`);
    lines.push(
      `Installed is ${names}: ${
        libc
          ? `this Node uses ${platform.endsWith('-musl') ? 'musl' : 'glibc'}, and that addon the other C library`
          : 'node_modules or the lockfile comes from another platform'
      }.`,
      'Remove node_modules and install on this platform, or add the package to it:',
    );
  } else {
    lines.push(
      'Package managers install it with gradtape, but not where they are told to leave out optional dependencies',
      "(npm's --omit=optional, --no-optional) or follow a lockfile that another platform wrote. To add it:",
    );
  }
  lines.push(`  npm install @gradtape/${platform}@${version}`);
  return lines;
}

/** How to build the addon. */
function howToBuild(): string {
  const installed = root === undefined || root.split(path.sep).includes('node_modules');
  return installed ? '  npx gradtape build' : `  cd ${root} && npm run build:native`;
}

function load(): Native {
  const tried: string[] = [];
  const causes: unknown[] = [];
  const flags: string[] = [];
  /** The addon of an attempt; otherwise undefined, and `tried` says why. */
  function taken(name: string, attempt: Attempt): Native | undefined {
    if ('native' in attempt) return attempt.native;
    if ('missing' in attempt) {
      tried.push(`${name}: ${attempt.missing}`);
      return undefined;
    }
    const { error } = attempt;
    const reason = error instanceof Error ? error.message : String(error);
    // The addon loaded, and refuses a setting of the user's: `NAME what is wrong with it`.
    const setting = /^(GRADTAPE_[A-Z_]+) /.exec(reason)?.[1];
    if (setting !== undefined) {
      throw new Error(`${reason}; ${setting}='${process.env[setting]}'`, { cause: error });
    }
    // The addon loaded, and the runtime has no memory that addons and JavaScript share (V8's memory cage).
    if (/does not allow external array buffers/.test(reason)) {
      const { electron } = process.versions as { electron?: string };
      throw new Error(
        `gradtape cannot run in ${electron === undefined ? 'this runtime' : `Electron ${electron}`}, which does not allow ` +
          `external array buffers; run it in a process of Node's own: child_process.spawn('node', …)`,
        { cause: error },
      );
    }
    const flag = neededFlag(error);
    if (flag !== null) flags.push(flag);
    const why = flag === null ? meaning(reason) : `Node runs with --permission: it needs ${flag}`;
    tried.push(`${name}: ${reason.replace(`${name}: `, '')}${why && ` (${why})`}`);
    causes.push(error);
    return undefined;
  }

  const forced = process.env.GRADTAPE_BINARY;
  const file = forced ? path.resolve(forced) : root && path.join(root, 'build', 'Release', 'gradtape.node');
  const built = file && taken(file, loadFile(file));
  if (built) return built;
  const platform = platformName();
  const attempt = forced ? undefined : loadPackage(platform);
  const found = attempt && taken(`@gradtape/${platform}`, attempt);
  if (found) return found;

  const lines = [
    `gradtape's native addon could not be loaded on ${platform}, Node ${process.versions.node}:`,
    ...tried.map((line) => `  ${line}`),
  ];
  if (flags.length > 0) {
    lines.push(
      `Start Node with ${[...new Set(['--allow-addons', ...flags])].join(' ')}`,
      '(addons run outside of the permission model).',
    );
  } else if (forced) {
    lines.push(
      "The environment variable GRADTAPE_BINARY names this file; unset it to use the platform's package.",
    );
  } else {
    if (attempt && 'missing' in attempt) lines.push(...howToInstall(platform));
    else lines.push('To install the addon again:', `  npm install @gradtape/${platform}@${version}`);
    lines.push('Or build it from source, with a C++20 compiler, make and Python 3:', howToBuild());
  }
  throw new Error(lines.join('\n'), { cause: causes[0] });
}

export const native: Native = load();
/** The numbers of the next call. */
export const frame = new Float64Array(native.argumentBuffer);
/** The same slots as raw 64-bit integers. */
export const frameBigInts = new BigInt64Array(native.argumentBuffer);

// The argument buffer is written by op/kernels.ts alone, which is generated; this one call is made in core.
const { cast } = native as unknown as { readonly cast: (x: ArrayBuffer, y: ArrayBuffer) => void };

/** Converts `n` elements between dtypes, from byte `offset` of a buffer to byte `at` of another one: the entry `cast`. */
export function convertElements(
  from: number,
  source: ArrayBuffer,
  offset: number,
  to: number,
  target: ArrayBuffer,
  at: number,
  n: number,
): void {
  frame[castSlots.x] = offset;
  frame[castSlots.y] = at;
  frame[castSlots.n] = n;
  frame[castSlots.from] = from;
  frame[castSlots.to] = to;
  cast(source, target);
}
