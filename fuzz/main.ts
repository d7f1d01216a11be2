/** `npm run fuzz`: each part runs in a process of its own, so that one that dies is a failure like others. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { addonHasTime, runAddon } from './addon';
import { cpuSignal, limitCpu } from './cpu_limit';
import { parseOptions, usage, type Options } from './options';
import { checkSeed, mostShrinking, report, runPart, splitPlace, type Part } from './part';
import { programs } from './programs/part';
import { storages } from './storages/part';

const parts: readonly Part<never>[] = [programs, storages] as unknown as Part<never>[];
/** Shares of the time. */
const shares: Readonly<Record<string, number>> = { programs: 6, storages: 3, addon: 1 };

const partNamed = (name: string): Part<unknown> => {
  const found = parts.find((p) => p.name === name);
  if (found === undefined) throw new Error(`there is no part ${name}`);
  return found;
};

/** In the process of a part. */
async function inChild(name: string, options: Options, progress: number): Promise<number> {
  limitCpu();
  const part = partNamed(name);
  const found = await runPart(part, { ...options, seconds: options.seconds, progress });
  if (found === null) {
    if (options.replay !== null) console.log(`${name}: ${options.replay} does not fail`);
    return 0;
  }
  console.log(await report(part, found, options.isa ?? 'avx512'));
  return 1;
}

/** Checks one value, read from standard input. */
async function oneValue(name: string): Promise<number> {
  limitCpu();
  await partNamed(name).check(JSON.parse(fs.readFileSync(0, 'utf8')));
  return 0;
}

/** Seconds of wall-clock time for what waits for ever; what computes for ever is ended by its CPU time, on a busy machine too. */
const mostIdle = 900;

const self = (...args: string[]): string[] => ['--expose-gc', '--no-warnings', __filename, ...args];

/** Of the processes: the library checks where its tensors lie. */
const environment = ({ isa }: Options): NodeJS.ProcessEnv => ({
  ...process.env,
  GRADTAPE_DEBUG: '1',
  ...(isa === null ? {} : { GRADTAPE_FORCE_ISA: isa }),
});

interface End {
  readonly status: number | null;
  readonly signal: string | null;
  /** Its wall-clock time was over. */
  readonly late: boolean;
}

const howEnded = ({ status, signal, late }: End): string =>
  late || signal === cpuSignal ? 'did not end' : `ended with ${signal ?? `status ${status}`}`;

/** The same part, each value in a process of its own. */
function isolated(part: Part<unknown>, options: Options): Part<unknown> {
  return {
    ...part,
    check: (value) => {
      const { signal, status, error } = spawnSync(process.execPath, self('--value', part.name), {
        input: JSON.stringify(value),
        env: environment(options),
        timeout: mostIdle * 1000,
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      if (signal === null && status !== null && status < 2) return Promise.resolve();
      const how = howEnded({ status, signal, late: error !== undefined });
      return Promise.reject(new Error(`the process ${how}`));
    },
  };
}

function ended(child: ChildProcess, seconds: number): Promise<End> {
  return new Promise((resolve) => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, seconds * 1000);
    child.on('exit', (status, signal) => {
      clearTimeout(timer);
      resolve({ status, signal, late });
    });
  });
}

/** Runs a part in its process; false where it failed. */
async function runInProcess(name: string, options: Options): Promise<boolean> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-fuzz-'));
  const file = path.join(folder, 'progress');
  try {
    fs.writeFileSync(file, '');
    const given = [
      '--child',
      name,
      '--progress',
      file,
      '--seconds',
      String(options.seconds),
      // One word: a seed may be negative.
      `--seed=${options.seed}`,
    ];
    if (options.isa !== null) given.push('--isa', options.isa);
    if (options.replay !== null) given.push('--replay', options.replay);
    const child = spawn(process.execPath, self(...given), { env: environment(options), stdio: 'inherit' });
    const { status, signal, late } = await ended(child, options.seconds + mostShrinking + mostIdle);
    if (status === 0) return true;
    if (status === 1) return false;
    const [place, stage] = (fs.readFileSync(file, 'utf8').trim() || (options.replay ?? '')).split(' ');
    const how = howEnded({ status, signal, late });
    if (stage === 'draw') {
      const again = `npm run fuzz -- --only ${name} --isa ${options.isa ?? 'avx512'} --replay ${place}`;
      console.log(
        `FAIL: ${name}: the process ${how} while a value was drawn, and each statement of it tried: ${again}`,
      );
      return false;
    }
    // Its last value is run again, and made smaller, each time in a process of its own.
    console.log(`FAIL: ${name}: the process ${how} in ${place}; making that smaller`);
    const { seed, path: at } = splitPlace(place);
    const part = isolated(partNamed(name), options);
    const found = await checkSeed(part, seed, at);
    console.log(
      found === null
        ? `it does not fail alone: npm run fuzz -- --only ${name} --seed ${options.seed} runs all of it again`
        : await report(part, found, options.isa ?? 'avx512'),
    );
    return false;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), Object.keys(shares));
  if (options === null) {
    console.log(usage);
    return 2;
  }
  if (options.child !== null && options.progress !== null)
    return inChild(options.child, options, fs.openSync(options.progress, 'r+'));
  if (options.value !== null) return oneValue(options.value);
  const chosen = options.only === null ? Object.keys(shares) : [options.only];
  console.log(
    `fuzz: seed ${options.seed}, ${options.seconds} s${options.isa === null ? '' : `, ${options.isa}`}`,
  );
  const total = chosen.reduce((sum, name) => sum + shares[name], 0);
  let good = true;
  for (const [i, name] of chosen.entries()) {
    const own = {
      ...options,
      seconds: (options.seconds * shares[name]) / total,
      seed: (options.seed + i * 1_000_003) | 0,
    };
    if (name === 'addon' && options.only === null && !addonHasTime(own)) continue;
    good = (name === 'addon' ? runAddon(own) : await runInProcess(name, own)) && good;
  }
  return good ? 0 : 1;
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
