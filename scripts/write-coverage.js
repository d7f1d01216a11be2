'use strict';
/**
 * Writes docs/coverage.md: which public names of Keras (test/golden/fixtures/keras/public_names.json) are in `tf.keras`, from the
 * compiled library in dist/ (`npm run build:ts` first). Why a name is absent, or differs, is in coverage-notes.json.
 */
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
const target = path.join(root, 'docs', 'coverage.md');
const readJson = (...parts) => JSON.parse(fs.readFileSync(path.join(root, ...parts), 'utf8'));

const notYet = 'not there yet';

/** Keras's name in JavaScript: classes keep theirs. */
const spelled = (name) => (/^[A-Z]/.test(name) ? name : name.replace(/_+(\w)/g, (_, c) => c.toUpperCase()));

function namespace(keras, module) {
  return module.split('.').reduce((o, part) => o?.[spelled(part)], keras) ?? {};
}

/** Where the object of an absent name is under another one; null if nowhere. */
function otherName(module, name, modules, keras) {
  const object = modules[module][name];
  for (const other of [module, ...Object.keys(modules)])
    for (const [second, its] of Object.entries(modules[other]))
      if (its === object && spelled(second) in namespace(keras, other))
        return other === module
          ? `\`${spelled(second)}\``
          : `\`tf.keras.${spelled(other)}.${spelled(second)}\``;
  return null;
}

/** The notes about names of which Keras has none, or that contradict the library. */
function staleNotes(modules, keras, notes) {
  const isThere = (entry) => {
    const at = entry.lastIndexOf('.');
    const [module, name] = [entry.slice(0, at), entry.slice(at + 1)];
    if (modules[module]?.[name] === undefined) return null;
    return spelled(name) in namespace(keras, module);
  };
  return [
    ...Object.values(notes.absent)
      .flat()
      .filter((entry) => isThere(entry) !== false),
    ...Object.keys(notes.differs).filter((entry) => isThere(entry) === null),
  ];
}

/** A table, laid out as prettier lays it out. */
function table(heads, rows) {
  if (rows.length === 0) return '';
  const widths = heads.map((_, i) => Math.max(3, ...[heads, ...rows].map((row) => row[i].length)));
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const lines = [heads, ...rows].map((row) => line(row.map((cell, i) => cell.padEnd(widths[i]))));
  lines.splice(1, 0, line(widths.map((width) => '-'.repeat(width))));
  return `\n${lines.join('\n')}\n`;
}

/** Names by the reason that they have in common; what is not there yet comes last. */
function byReason(rows) {
  const groups = new Map();
  for (const [name, reason] of rows) groups.set(reason, [...(groups.get(reason) ?? []), `\`${name}\``]);
  const lines = [...groups].sort(([a], [b]) => (a === notYet) - (b === notYet));
  return lines.map(([reason, names]) => `- ${reason}: ${names.join(', ')}\n`).join('');
}

/** Names of which the same object, or what has their purpose, has another. */
function underOtherNames(rows) {
  return rows.map(([name, other]) => `\`${name}\` (${other})`).join(', ');
}

/** The page for a library's `tf.keras`. */
function coveragePage(keras) {
  const { version, modules } = readJson('test', 'golden', 'fixtures', 'keras', 'public_names.json');
  const notes = readJson('scripts', 'coverage-notes.json');
  const stale = staleNotes(modules, keras, notes);
  if (stale.length > 0) throw new Error(`scripts/coverage-notes.json is out of date: ${stale.join(', ')}`);
  const absentReasons = new Map(
    Object.entries(notes.absent).flatMap(([reason, entries]) => entries.map((entry) => [entry, reason])),
  );
  const sections = [];
  const totals = [];
  for (const [module, objects] of Object.entries(modules)) {
    const own = namespace(keras, module);
    const works = [];
    const differs = [];
    const renamed = [];
    const absent = [];
    for (const name of Object.keys(objects)) {
      const note = notes.differs[`${module}.${name}`];
      const reason = absentReasons.get(`${module}.${name}`) ?? note;
      const other = reason === undefined ? otherName(module, name, modules, keras) : null;
      if (!(spelled(name) in own) && other !== null) renamed.push([spelled(name), other]);
      else if (!(spelled(name) in own)) absent.push([spelled(name), reason ?? notYet]);
      else if (note !== undefined) differs.push([`\`${spelled(name)}\``, note]);
      else works.push(`\`${spelled(name)}\``);
    }
    totals.push([
      `\`tf.keras.${spelled(module)}\``,
      ...[works, differs, renamed, absent].map((list) => `${list.length}`),
    ]);
    sections.push(
      `## tf.keras.${spelled(module)}\n\n${works.join(', ')}${works.length > 0 ? '\n' : ''}` +
        table(['differs', 'how'], differs) +
        (renamed.length > 0 ? `\nUnder other names: ${underOtherNames(renamed)}\n` : '') +
        (absent.length > 0 ? `\nNot there:\n\n${byReason(absent)}` : ''),
    );
  }
  return (
    `<!-- Written by scripts/write-coverage.js. -->\n\n# The names of Keras in gradtape\n\n` +
    `All public names of these modules of Keras ${version}, in JavaScript's spelling: \`pad_sequences\` is \`padSequences\`, classes keep ` +
    `their names. [differences.md](differences.md) has what differs in all of them, [keras.md](keras.md) is the guide.\n` +
    table(['module', 'works', 'differs', 'other name', 'not there'], totals) +
    `\n${sections.join('\n')}`
  );
}

module.exports = { coveragePage, target };

if (require.main === module) fs.writeFileSync(target, coveragePage(require('../dist/index.js').keras));
