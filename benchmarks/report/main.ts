/** `npm run bench:report`: writes RESULTS.md, its charts and the README's figures from the files in benchmarks/results. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { PeersRun } from '../host/rows';
import type { BenchFile } from '../suite';
import { matmulChart, ratiosChart, sizesChart } from './charts';
import { resultsMarkdown, type Results } from './markdown';
import { withFigures } from './readme';

/** The root of the repository, from dist/benchmarks/report or from the sources. */
const root = [path.resolve(__dirname, '../../..'), path.resolve(__dirname, '../..')].find((folder) =>
  fs.existsSync(path.join(folder, 'package.json')),
)!;

function read<T>(name: string): T | undefined {
  const file = path.join(root, 'benchmarks', 'results', name);
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as T) : undefined;
}

export function readResults(): Results {
  return {
    peers: read<PeersRun>('peers.json'),
    bench: read<BenchFile>('bench.json'),
    sizes: read<BenchFile>('sizes.json'),
  };
}

async function main(): Promise<void> {
  const results = readResults();
  const charts = path.join(root, 'benchmarks', 'charts');
  fs.mkdirSync(charts, { recursive: true });
  if (results.peers !== undefined) {
    await ratiosChart(results.peers).save(path.join(charts, 'ratios.svg'));
    await matmulChart(results.peers).save(path.join(charts, 'matmul.svg'));
  }
  const run = [results.sizes, results.bench]
    .flatMap((file) => file?.runs ?? [])
    .find(({ rows }) => rows.some((r) => r.sizes !== undefined));
  if (run !== undefined) await sizesChart(run).save(path.join(charts, 'sizes.svg'));
  fs.writeFileSync(path.join(root, 'benchmarks', 'RESULTS.md'), resultsMarkdown(results));
  const readme = path.join(root, 'README.md');
  fs.writeFileSync(readme, withFigures(fs.readFileSync(readme, 'utf8'), results));
  console.log('written: benchmarks/RESULTS.md, benchmarks/charts, the figures of README.md');
}

if (require.main === module) {
  main().catch((error: Error) => {
    console.error(`bench:report: ${error.message}`);
    process.exitCode = 1;
  });
}
