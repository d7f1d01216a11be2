'use strict';
/**
 * The import chain of the library as lint rules: train → keras → io → function → compile → graph → autodiff → ops → op → core → binding → cast_slots → version.
 * CONTRIBUTING.md says what the folders are.
 */
const fs = require('node:fs');
const path = require('node:path');
const ts = require('typescript');

/** The folders of lib/ in order: each may import those before it. */
const chain = [
  'version',
  'cast_slots',
  'binding',
  'core',
  'op',
  'ops',
  'autodiff',
  'graph',
  'compile',
  'function',
  'io',
  'keras',
  'train',
];
const before = (folder) => chain.slice(0, chain.indexOf(folder));

/** For each part of lib/, the other parts that it may import. */
const mayImport = {
  ...Object.fromEntries(chain.map((folder) => [folder, before(folder)])),
  plot: [],
  jest: [],
  // It uses what the package exports, by the name 'gradtape'.
  serving: [],
  namespaces: chain,
  index: [...chain, 'namespaces'],
};

/** Folders in which modules may import each other in circles. */
const mayCycle = ['ops'];

/** The absolute path of lib/ that `file` is in, or null. */
function libOf(file) {
  const parts = file.split(path.sep);
  const at = parts.lastIndexOf('lib');
  return at < 0 ? null : parts.slice(0, at + 1).join(path.sep);
}

/** The part of lib/ that a file belongs to: its first folder, or its name where it lies in lib/ itself. */
function partOf(lib, file) {
  return path
    .relative(lib, file)
    .split(path.sep)[0]
    .replace(/\.tsx?$/, '');
}

/** The file that a relative import names. */
function resolve(from, specifier) {
  const base = path.resolve(path.dirname(from), specifier);
  if (/(^|\/)\.\.?\/?$/.test(specifier)) return path.join(base, 'index.ts');
  for (const name of [base, `${base}.ts`, path.join(base, 'index.ts'), base.replace(/\.js$/, '.ts')]) {
    if (fs.existsSync(name) && fs.statSync(name).isFile()) return name;
  }
  return `${base}.ts`;
}

/** Calls `visit(node, specifier)` for each module that a file names, in whichever way. */
function moduleNames(visit) {
  const literal = (node, source) => {
    if (source?.type === 'Literal' && typeof source.value === 'string') visit(node, source.value);
  };
  return {
    ImportDeclaration: (node) => literal(node, node.source),
    ExportNamedDeclaration: (node) => literal(node, node.source),
    ExportAllDeclaration: (node) => literal(node, node.source),
    ImportExpression: (node) => literal(node, node.source),
    TSImportType: (node) => literal(node, node.source ?? node.argument?.literal),
    TSExternalModuleReference: (node) => literal(node, node.expression),
    CallExpression: (node) => {
      const callee = node.callee;
      const named =
        callee.type === 'MemberExpression'
          ? callee.object.type === 'Identifier' && callee.object.name === 'require'
          : callee.type === 'Identifier' && callee.name === 'require';
      if (named) literal(node, node.arguments[0]);
    },
  };
}

const importChain = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      chain:
        'lib/{{from}} may not import lib/{{to}}; it may import {{allowed}} (the chain is in CONTRIBUTING.md)',
      unknown:
        'lib/{{from}} has no place in the import chain: give it one in eslint/plugin.js and CONTRIBUTING.md',
      outside: 'the library may not import {{specifier}}, which lies outside lib/',
      addon: 'only lib/binding.ts loads the native addon',
    },
  },
  create(context) {
    const file = context.filename;
    const lib = libOf(file);
    if (lib === null) return {};
    const from = partOf(lib, file);
    if (!Object.hasOwn(mayImport, from)) {
      return { Program: (node) => context.report({ node, messageId: 'unknown', data: { from } }) };
    }
    const visitors = moduleNames((node, specifier) => {
      if (from !== 'binding' && /\.node$/.test(specifier)) {
        context.report({ node, messageId: 'addon' });
        return;
      }
      if (!specifier.startsWith('.')) return;
      const target = resolve(file, specifier);
      if (!target.startsWith(lib + path.sep)) {
        context.report({ node, messageId: 'outside', data: { specifier } });
        return;
      }
      const to = partOf(lib, target);
      if (to === from || mayImport[from].includes(to)) return;
      const allowed =
        mayImport[from].map((name) => `lib/${name}`).join(', ') || 'nothing else of the library';
      context.report({ node, messageId: 'chain', data: { from, to, allowed } });
    });
    if (from !== 'binding') {
      // A path that is computed cannot be checked, and the library needs none.
      const call = visitors.CallExpression;
      visitors.CallExpression = (node) => {
        call(node);
        const dynamicRequire =
          (node.callee.type === 'Identifier' &&
            node.callee.name === 'require' &&
            node.arguments[0]?.type !== 'Literal') ||
          (node.callee.type === 'MemberExpression' &&
            node.callee.object.type === 'Identifier' &&
            node.callee.object.name === 'process' &&
            node.callee.property.type === 'Identifier' &&
            node.callee.property.name === 'dlopen');
        if (dynamicRequire) context.report({ node, messageId: 'addon' });
      };
    }
    return visitors;
  },
};

/** What each file imports, types included. Lint runs are short: read once. */
const imports = new Map();
function importsOf(file, text) {
  const known = imports.get(file);
  if (known !== undefined && text === undefined) return known;
  const found = [];
  if (text === undefined && !fs.existsSync(file)) return found;
  const source = ts.createSourceFile(file, text ?? fs.readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  for (const statement of source.statements) {
    const specifier = statement.moduleSpecifier;
    if (specifier === undefined || !ts.isStringLiteral(specifier) || !specifier.text.startsWith('.'))
      continue;
    found.push(resolve(file, specifier.text));
  }
  imports.set(file, found);
  return found;
}

/** A way from `start` back to `goal`, or null. */
function wayBack(start, goal) {
  const seen = new Set();
  const walk = (file, way) => {
    if (file === goal) return way;
    if (seen.has(file)) return null;
    seen.add(file);
    for (const next of importsOf(file)) {
      const found = walk(next, [...way, next]);
      if (found !== null) return found;
    }
    return null;
  };
  return walk(start, [start]);
}

const noCycles = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      cycle: 'imports go in a circle: {{way}}; move what both need',
    },
  },
  create(context) {
    const file = context.filename;
    const lib = libOf(file);
    if (lib === null || mayCycle.includes(partOf(lib, file))) return {};
    return {
      Program(node) {
        for (const next of importsOf(file, context.sourceCode.text)) {
          const way = wayBack(next, file);
          if (way === null) continue;
          const shown = [file, ...way].map((name) => path.relative(lib, name)).join(' → ');
          context.report({ node, messageId: 'cycle', data: { way: shown } });
        }
      },
    };
  },
};

/** What several folders may write to: the execution context, and the argument buffer of the native binding. */
const sharedState = ['core/context.ts', 'binding.ts'];

const noSharedState = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      written:
        "'{{name}}' belongs to lib/{{to}}, and lib/{{from}} may not write to it: make it a field of the execution context " +
        '(lib/core/context.ts), or pass it as an argument',
    },
  },
  create(context) {
    const file = context.filename;
    const lib = libOf(file);
    if (lib === null) return {};
    const from = partOf(lib, file);
    const check = (target) => {
      let root = target;
      while (root.type === 'MemberExpression' || root.type === 'TSNonNullExpression') {
        root = root.type === 'MemberExpression' ? root.object : root.expression;
      }
      if (root.type !== 'Identifier' || root === target) return;
      let scope = context.sourceCode.getScope(root);
      while (scope !== null && !scope.set.has(root.name)) scope = scope.upper;
      const definition = scope?.set.get(root.name).defs[0];
      if (definition?.type !== 'ImportBinding') return;
      const specifier = definition.parent.source.value;
      if (!specifier.startsWith('.')) return;
      const owner = resolve(file, specifier);
      const to = partOf(lib, owner);
      if (to === from || sharedState.includes(path.relative(lib, owner).split(path.sep).join('/'))) return;
      context.report({ node: target, messageId: 'written', data: { name: root.name, from, to } });
    };
    return {
      AssignmentExpression: (node) => check(node.left),
      UpdateExpression: (node) => check(node.argument),
      UnaryExpression: (node) => {
        if (node.operator === 'delete') check(node.argument);
      },
    };
  },
};

module.exports = {
  rules: { 'import-chain': importChain, 'no-cycles': noCycles, 'no-shared-state': noSharedState },
};
