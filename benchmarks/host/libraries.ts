/** The libraries that can be measured, and how each is started. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Command } from './library_process';

/** The root of the repository, from dist/benchmarks/host. */
export const root = path.resolve(__dirname, '..', '..', '..');
export const peersFolder = path.join(root, 'benchmarks', 'peers');

export interface LibraryEntry {
  name: string;
  /** `own` is part of the suite, `npm` is installed in benchmarks/peers; `python` and `folder` are given by options. */
  from: 'own' | 'npm' | 'python' | 'folder';
  /** The worker's module and its arguments. */
  module: string;
  setting?: string;
  /** The Python package that must be installed. */
  needs?: string;
  /**
   * A further configuration of a library that is listed here too: it is measured where it implements the workload, and omitted elsewhere.
   */
  variant?: true;
}

export const libraries: readonly LibraryEntry[] = [
  { name: 'gradtape', from: 'own', module: 'gradtape.js' },
  { name: 'PyTorch', from: 'python', module: 'torch_peer', needs: 'torch' },
  { name: 'torch.compile', from: 'python', module: 'torch_compile_peer', needs: 'torch', variant: true },
  { name: 'TensorFlow', from: 'python', module: 'tensorflow_peer', needs: 'tensorflow' },
  {
    name: 'tf.function',
    from: 'python',
    module: 'tensorflow_function_peer',
    needs: 'tensorflow',
    variant: true,
  },
  { name: 'XLA', from: 'python', module: 'tensorflow_xla_peer', needs: 'tensorflow', variant: true },
  { name: 'JAX', from: 'python', module: 'jax_peer', needs: 'jax' },
  {
    name: 'Keras on TF',
    from: 'python',
    module: 'keras_tensorflow_peer',
    needs: 'tensorflow',
    variant: true,
  },
  { name: 'Keras on JAX', from: 'python', module: 'keras_jax_peer', needs: 'keras', variant: true },
  { name: 'NumPy', from: 'python', module: 'numpy_peer', needs: 'numpy' },
  {
    name: 'tfjs-node',
    from: 'folder',
    module: 'tfjs.mjs',
    setting: 'tensorflow',
    needs: '@tensorflow/tfjs-node',
  },
  { name: 'onnxruntime-node', from: 'npm', module: 'onnxruntime.mjs', needs: 'onnxruntime-node' },
  {
    name: 'tfjs-wasm',
    from: 'npm',
    module: 'tfjs.mjs',
    setting: 'wasm',
    needs: '@tensorflow/tfjs-backend-wasm',
  },
  { name: 'tfjs-cpu', from: 'npm', module: 'tfjs.mjs', setting: 'cpu', needs: '@tensorflow/tfjs' },
  { name: 'jax-js', from: 'npm', module: 'jaxjs.mjs', needs: '@jax-js/jax' },
  { name: 'numpy-ts', from: 'npm', module: 'numpyts.mjs', needs: 'numpy-ts' },
  { name: 'ml-matrix', from: 'npm', module: 'mlmatrix.mjs', needs: 'ml-matrix' },
  { name: 'mathjs', from: 'npm', module: 'mathjs.mjs', needs: 'mathjs' },
  { name: 'plain JS', from: 'own', module: 'plain.js' },
];

export interface Places {
  /** The Python interpreter for each library, and a default one. */
  pythons: Readonly<Record<string, string | undefined>>;
  python: string;
  /** The folder where tfjs-node is installed. */
  tfjsNode?: string;
  threads: number;
  cpus: number;
}

/** The command that starts a library, or the reason why it cannot be started. */
export function commandFor(entry: LibraryEntry, places: Places): Command | string {
  const { threads, cpus } = places;
  const count = String(threads);
  const env = {
    GRADTAPE_NUM_THREADS: count,
    OMP_NUM_THREADS: count,
    MKL_NUM_THREADS: count,
    OPENBLAS_NUM_THREADS: count,
    TF_NUM_INTRAOP_THREADS: count,
    TF_CPP_MIN_LOG_LEVEL: '3',
    PYTHONDONTWRITEBYTECODE: '1',
    XLA_FLAGS: threads === 1 ? '--xla_cpu_multi_thread_eigen=false' : '',
    ...(entry.setting === 'tensorflow' ? { GRADTAPE_TFJS_NODE: places.tfjsNode ?? '' } : {}),
  };
  const command = programOf(entry, places);
  if (typeof command === 'string') return command;
  // With fewer threads than CPUs, the process is bound to as many CPUs: some libraries size their pools by the CPUs that they may use.
  if (threads < cpus && process.platform === 'linux' && hasTaskset()) {
    return { file: 'taskset', args: ['-c', `0-${threads - 1}`, ...command], env };
  }
  return { file: command[0], args: command.slice(1), env };
}

function hasTaskset(): boolean {
  return spawnSync('taskset', ['-V']).status === 0;
}

function programOf(entry: LibraryEntry, places: Places): string[] | string {
  if (entry.from === 'python') {
    const python = places.pythons[entry.name] ?? places.python;
    const missing = lacksModule(python, entry.needs ?? '');
    if (missing !== null) return missing;
    return [python, path.join(peersFolder, 'python', 'serve.py'), entry.module];
  }
  if (entry.from === 'folder' && places.tfjsNode === undefined) {
    return 'not found: --tfjs-node must name the folder where it is installed';
  }
  if (entry.from === 'npm' && !fs.existsSync(path.join(peersFolder, 'node_modules', entry.needs ?? ''))) {
    return 'not installed in benchmarks/peers';
  }
  const folder = entry.from === 'own' ? path.join(__dirname, '..', 'workers') : path.join(peersFolder, 'js');
  const server = path.join(__dirname, '..', 'workers', 'serve.js');
  return [process.execPath, server, path.join(folder, entry.module), entry.setting ?? ''];
}

/** Why a Python interpreter cannot import a module, or null. */
function lacksModule(python: string, module: string): string | null {
  const code = `import importlib.util, sys; sys.exit(importlib.util.find_spec('${module}') is None)`;
  const { status, error } = spawnSync(python, ['-c', code], { stdio: 'ignore' });
  if (error !== undefined) return `no ${python}`;
  return status === 0 ? null : `${python} has no ${module}: choose another interpreter by an option`;
}
