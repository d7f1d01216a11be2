'use strict';
/** What the import of the package costs. */
const { node, write } = require('./tools');

const limits = { milliseconds: 40, megabytes: 15 };

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** What the import adds to a Node that does nothing: medians over interleaved processes. */
async function costs(folder, rounds) {
  write(folder, {
    'empty.cjs': '',
    'require.cjs': "require('gradtape');",
    'import.mjs': "import 'gradtape';",
    'empty.mjs': '',
  });
  // Written at exit: memory, and the processor's time, which other processes of the machine do not add to.
  write(folder, {
    'report.cjs': `process.on('exit', () => {
      const { user, system } = process.cpuUsage();
      console.log(JSON.stringify({ mb: process.memoryUsage().rss / 2 ** 20, cpu: (user + system) / 1000 }));
    });`,
  });
  const samples = {};
  for (let round = 0; round < rounds; round++) {
    for (const name of ['empty.cjs', 'require.cjs', 'empty.mjs', 'import.mjs']) {
      const start = performance.now();
      const { mb, cpu } = JSON.parse(await node(['-r', './report.cjs', name], { cwd: folder }));
      samples[name] ??= { ms: [], cpu: [], mb: [] };
      samples[name].ms.push(performance.now() - start);
      samples[name].cpu.push(cpu);
      samples[name].mb.push(mb);
    }
  }
  const over = (name, empty) => {
    const of = (which) =>
      Object.fromEntries(Object.entries(samples[which]).map(([what, values]) => [what, median(values)]));
    const bare = of(empty);
    const loaded = of(name);
    return { ms: loaded.ms - bare.ms, cpu: loaded.cpu - bare.cpu, mb: loaded.mb - bare.mb, bare };
  };
  return { require: over('require.cjs', 'empty.cjs'), import: over('import.mjs', 'empty.mjs') };
}

async function checkCosts(folder) {
  // A busy machine can only make it look slower: a second and third look may find it within the limits.
  for (let attempt = 1; ; attempt++) {
    const found = await costs(folder, 15);
    const said = Object.entries(found)
      .map(
        ([how, { ms, cpu, mb, bare }]) =>
          `${how} ${ms.toFixed(1)} ms (CPU ${cpu.toFixed(1)}, bare ${bare.cpu.toFixed(1)}), ${mb.toFixed(1)} MB`,
      )
      .join('; ');
    // Bare Node takes about 40 ms: where it takes longer, the machine is slow or busy, and so is the import.
    const within = ({ ms, cpu, mb, bare }) =>
      mb <= limits.megabytes &&
      (ms <= Math.max(limits.milliseconds, bare.ms) || cpu <= Math.max(limits.milliseconds, bare.cpu));
    if (Object.values(found).every(within)) return `over bare Node, ${said}`;
    if (attempt === 3) {
      throw new Error(
        `the import costs more than ${limits.milliseconds} ms or ${limits.megabytes} MB: ${said}`,
      );
    }
  }
}

module.exports = { checkCosts };
