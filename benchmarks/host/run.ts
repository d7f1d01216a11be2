/** `npm run bench:peers`: runs the workloads of benchmarks/workloads in every available library. See benchmarks/README.md. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { describe, machine } from '../machine';
import { workloads } from '../workloads';
import { LibraryProcess } from './library_process';
import { commandFor, libraries, peersFolder, type LibraryEntry, type Places } from './libraries';
import { showRow, showSummary } from './print';
import type { Opened } from './protocol';
import { defaultRounds } from './rounds';
import type { PeersRun, Row } from './rows';
import { Rates, runWorkload, type Participant } from './workload_run';

const usage = `npm run bench:peers -- [words] [options]
  words              workloads whose names contain one of them (--only a,b is the same)
  --list             print the workloads and the libraries, and stop
  --peers a,b        only these libraries; --without a,b: all but these
  --threads N        threads of every library (default: all CPUs)
  --seconds S        timed seconds for each library and workload (default ${defaultRounds.seconds})
  --json FILE        write the results
  --python PY        an interpreter for PyTorch, TensorFlow, JAX and NumPy; --pytorch, --tensorflow, --jax, --numpy PY: for one
  --tfjs-node DIR    a folder where @tensorflow/tfjs-node is installed`;

function readOptions() {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ only: text, peers: text, without: text, threads: text, seconds: text, json: text, python: text },
      ...{ pytorch: text, tensorflow: text, jax: text, numpy: text, 'tfjs-node': text },
      ...{ list: { type: 'boolean' }, help: { type: 'boolean' } },
    },
  });
  const list = (s: string | undefined): string[] => s?.split(',').filter((word) => word !== '') ?? [];
  const cpus = os.availableParallelism();
  const threads = Number(values.threads ?? cpus);
  const seconds = Number(values.seconds ?? defaultRounds.seconds);
  if (!Number.isInteger(threads) || threads < 1)
    throw new Error('--threads must be a whole number from 1 on');
  if (!(seconds > 0)) throw new Error('--seconds must be a number greater than 0');
  const places: Places = {
    pythons: {
      PyTorch: values.pytorch,
      'torch.compile': values.pytorch,
      TensorFlow: values.tensorflow,
      'tf.function': values.tensorflow,
      XLA: values.tensorflow,
      JAX: values.jax,
      'Keras on TF': values.tensorflow,
      'Keras on JAX': values.jax,
      NumPy: values.numpy ?? values.tensorflow ?? values.jax,
    },
    python: values.python ?? 'python3',
    tfjsNode: values['tfjs-node'] === undefined ? undefined : path.resolve(values['tfjs-node']),
    threads,
    cpus,
  };
  return { values, words: [...positionals, ...list(values.only)], list, places, threads, seconds };
}

function choose(named: readonly string[], without: readonly string[]): LibraryEntry[] {
  const matches = (entry: LibraryEntry, names: readonly string[]): boolean =>
    names.some((n) => n.toLowerCase() === entry.name.toLowerCase());
  const unknown = [...named, ...without].filter((n) => !libraries.some((entry) => matches(entry, [n])));
  if (unknown.length > 0) {
    throw new Error(
      `no library is named ${unknown.join(' or ')}; there are ${libraries.map((l) => l.name).join(', ')}`,
    );
  }
  return libraries.filter(
    (entry) =>
      entry.name === 'gradtape' ||
      ((named.length === 0 || matches(entry, named)) && !matches(entry, without)),
  );
}

/** Installs the npm libraries, if they are not installed yet. */
function install(): void {
  if (fs.existsSync(path.join(peersFolder, 'node_modules'))) return;
  console.log('installing the libraries of benchmarks/peers (about 600 MB)…');
  const command = fs.existsSync(path.join(peersFolder, 'package-lock.json')) ? 'ci' : 'install';
  const { status } = spawnSync('npm', [command, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: peersFolder,
    stdio: 'inherit',
    shell: process.platform === 'win32',
    // Without this, onnxruntime-node would download CUDA files; the CPU files are in its package.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
  if (status !== 0) console.log('the installation failed: the npm libraries are not measured');
}

async function main(): Promise<void> {
  const { values, words, list, places, threads, seconds } = readOptions();
  if (values.help === true) return console.log(usage);
  const chosen = workloads.filter((w) => words.length === 0 || words.some((word) => w.name.includes(word)));
  if (chosen.length === 0) throw new Error(`no workload's name contains ${words.join(' or ')}`);
  const wanted = choose(list(values.peers), list(values.without));
  if (values.list === true) {
    console.log(chosen.map((w) => w.name).join('\n'));
    return console.log(`\n${libraries.map((l) => l.name).join('\n')}`);
  }
  if (wanted.some(({ from }) => from === 'npm')) install();

  const about = machine(threads);
  const participants: Participant[] = [];
  const known: PeersRun['libraries'][number][] = [];
  for (const entry of wanted) {
    const command = commandFor(entry, places);
    if (typeof command === 'string') {
      known.push({ name: entry.name, absent: command });
      continue;
    }
    const start = async (): Promise<[LibraryProcess, Opened]> => {
      const child = new LibraryProcess(command);
      return [child, await child.ask({ do: 'open', threads })];
    };
    try {
      const [child, opened] = await start();
      known.push({ name: entry.name, ...opened });
      const restart = async (): Promise<LibraryProcess> => (await start())[0];
      participants.push({ name: entry.name, child, restart, variant: entry.variant });
    } catch (error) {
      known.push({ name: entry.name, absent: (error as Error).message });
    }
  }
  console.log(describe(about));
  for (const { name, version, absent } of known)
    console.log(`  ${name.padEnd(18)} ${version ?? `absent: ${absent}`}`);

  const temp = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-peers-'));
  const rows: Row[] = [];
  // After every workload, so that an interrupted run keeps its results.
  const save = (): void => {
    if (values.json === undefined) return;
    const run: PeersRun = { format: 1, suite: 'peers', machine: about, libraries: known, rows };
    fs.writeFileSync(values.json, `${JSON.stringify(run, null, 1)}\n`);
  };
  try {
    const rates = new Rates();
    for (const workload of chosen) {
      const row = await runWorkload(workload, participants, { ...defaultRounds, seconds }, rates, temp);
      rows.push(row);
      save();
      console.log(`\n${showRow(row, rows)}`);
    }
  } finally {
    fs.rmSync(temp, { recursive: true, force: true });
    for (const { child } of participants) child.end();
  }
  console.log(`\n${showSummary(rows)}`);
}

main().catch((error: Error) => {
  console.error(`bench:peers: ${error.message}`);
  process.exitCode = 1;
});
