/** The command line of compare.ts. */
import * as fs from 'node:fs';
import { parseArgs } from 'node:util';
import { compare, showComparison, type ResultFile } from './compare';

const usage = `npm run bench:compare -- OLD.json NEW.json [options]
  --least 0.03       the least change that counts
  --all              the other libraries and loops too
  --fail-above 1.1   exit with status 1 if a row of gradtape became slower by more than this factor`;

function read(file: string): ResultFile {
  const content = JSON.parse(fs.readFileSync(file, 'utf8')) as ResultFile;
  if (content.format !== 1) throw new Error(`${file} is not a results file of this suite`);
  return content;
}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      least: { type: 'string' },
      all: { type: 'boolean' },
      'fail-above': { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true || positionals.length !== 2) return console.log(usage);
  const [before, after] = positionals.map(read);
  if (before.suite !== after.suite)
    throw new Error('the files must be of the same suite, bench or bench:peers');
  const result = compare(before, after, { least: Number(values.least ?? 0.03), ours: values.all !== true });
  console.log(showComparison(result));
  const limit = Number(values['fail-above'] ?? Infinity);
  if (result.changed.some(({ name, ratio }) => name.endsWith(' | gradtape') && ratio > limit))
    process.exitCode = 1;
}

try {
  main();
} catch (error) {
  console.error(`bench:compare: ${(error as Error).message}`);
  process.exitCode = 2;
}
