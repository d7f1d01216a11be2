'use strict';
/** What the checks of the package share. */
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const root = path.join(__dirname, '..', '..');
const temp = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-check-'));
process.on('exit', () => fs.rmSync(temp, { recursive: true, force: true }));

/**
 * Runs a command without the settings that this process got from npm; resolves to what it printed, and rejects with
 * all of its output if it fails. `input` goes to its standard input.
 */
function run(command, args, { cwd, env = {}, timeout = 600_000 } = {}) {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|GRADTAPE_BINARY$)/i.test(name));
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...Object.fromEntries(own), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout,
    });
    let stdout = '';
    let all = '';
    child.stdout.on('data', (text) => ((stdout += text), (all += text)));
    child.stderr.on('data', (text) => (all += text));
    child.on('error', reject);
    child.on('close', (status, signal) => {
      if (status === 0) resolve(stdout);
      else reject(new Error(`${command} ${args.join(' ')} failed (${signal ?? status}):\n${all}`));
    });
  });
}

const node = (args, options) => run(process.execPath, args, options);

/** Writes files, by their names in `folder`. */
function write(folder, files) {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }
}

/** A new empty folder. */
function newFolder(name) {
  return fs.mkdtempSync(path.join(temp, `${name.replace(/\W+/g, '-')}-`));
}

/** A folder that has the programs `node` and `npm` alone, to be the PATH of an installation. */
function barePath() {
  const folder = newFolder('path');
  fs.symlinkSync(process.execPath, path.join(folder, 'node'));
  const npm = path.join(path.dirname(process.execPath), 'npm');
  if (fs.existsSync(npm)) fs.symlinkSync(fs.realpathSync(npm), path.join(folder, 'npm'));
  return folder;
}

const results = [];

/** One check: runs it, says how it went, and goes on where it fails. */
async function check(name, f) {
  const start = performance.now();
  const { state, note } = await Promise.resolve()
    .then(f)
    .then(
      (said) =>
        said?.skipped ? { state: 'skipped', note: said.skipped } : { state: 'ok', note: said ?? '' },
      (error) => ({ state: 'FAIL', note: error.stack ?? String(error) }),
    );
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  results.push({ name, state, note: note.split('\n')[0] });
  console.log(`${state}  ${name}${note ? `: ${note}` : ''} (${seconds} s)`);
  return state === 'ok';
}

/** Ends the process: with 1 if a check failed. */
function finish() {
  const failed = results.filter(({ state }) => state === 'FAIL');
  for (const { name } of failed) console.log(`failed: ${name}`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}

module.exports = { root, temp, run, node, write, newFolder, barePath, check, results, finish };
