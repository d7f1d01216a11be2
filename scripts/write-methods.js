'use strict';
/**
 * Writes lib/ops/method_types.ts: the methods of tensors, with the types and the doc comments of the functions that the
 * table in lib/ops/methods.ts names. An interface, since a mapped type would lose the comments. `--check` only compares.
 */
const fs = require('node:fs');
const path = require('node:path');
const prettier = require('prettier');
const ts = require('typescript');

const root = path.join(__dirname, '..');
const table = path.join(root, 'lib', 'ops', 'methods.ts');
const target = path.join(root, 'lib', 'ops', 'method_types.ts');

const head = `/**
 * The methods that tensors and variables have in common, declared on the classes. Written by scripts/write-methods.js from
 * the functions that methods.ts names; it is their types and comments that are to be edited.
 */
`;
const tail = `
/* eslint-disable @typescript-eslint/no-empty-object-type */
declare module '../core/tensor' {
  interface Tensor<D extends DType = DType> extends TensorMethods<D> {}
}
declare module '../core/variable' {
  interface Variable<D extends DType = DType> extends TensorMethods<D> {}
}
declare module '../core/indexed_slices' {
  // The methods that keep rows rows are declared in variable_ops.ts.
  interface IndexedSlices<D extends DType = DType> extends Omit<TensorMethods<D>, 'neg' | 'mul' | 'div'> {}
}
`;

/** A program of the table and what it imports; the present text of the target is left out, as it may be out of date. */
function load() {
  const config = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile).config;
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (name, ...rest) =>
    path.resolve(name) === target
      ? ts.createSourceFile(name, 'export {};', 99)
      : getSourceFile(name, ...rest);
  return ts.createProgram([table], options, host);
}

/** The type parameter that stands for the tensor itself becomes the tensor's dtype `D`. */
function withSelf(text, self) {
  return (
    text
      .replaceAll(`DTypeOfPair<${self}, `, 'DTypeOfMethod<')
      .replaceAll(`QuotientOf<${self}, `, 'QuotientOfMethod<')
      .replaceAll(`DTypeOf<${self}>`, 'D')
      .replace(/DTypeOfMethod<(\w+)>/g, 'D & OperandDType<$1>')
      // Not of both operands: TypeScript would not see that it is covariant in D.
      .replace(/QuotientOfMethod<\w+>/g, "DTypeTable[D]['quotient']")
  );
}

/** The declaration of a method: what is left of the function's signature without its first parameter. */
function methodOf(name, signature, checker) {
  const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.WriteArrowStyleSignature;
  const printed = checker.signatureToString(signature, undefined, flags);
  const file = ts.createSourceFile('signature.ts', `type S = ${printed};`, 99, true);
  const type = file.statements[0].type;
  const [first, ...others] = type.parameters;
  const self = first.type.getText(file);
  const generics = (type.typeParameters ?? [])
    .filter((p) => p.name.text !== self)
    .map((p) => p.getText(file));
  const parameters = others.map((p) =>
    p.getText(file).replace(' | undefined', p.questionToken ? '' : ' | undefined'),
  );
  const result = withSelf(type.type.getText(file), self);
  // A type parameter that the result does not name is only what it extends.
  const kept = generics.filter((p) => new RegExp(`\\b${p.split(' ')[0]}\\b`).test(result));
  const plain = generics.filter((p) => !kept.includes(p)).map((p) => p.split(' extends '));
  const list = kept.length > 0 ? `<${kept.join(', ')}>` : '';
  const taken = plain.reduce(
    (text, [p, bound]) => text.replaceAll(`: ${p}`, `: ${bound}`),
    parameters.join(', '),
  );
  return `${name}${list}(${taken}): ${result};`;
}

/** Where the names in the declarations are imported from. */
function importsOf(text, program, checker) {
  const file = ts.createSourceFile('methods.ts', text, 99, true);
  const names = new Set(['DType']);
  const local = new Set(['D', 'TensorMethods', 'NoInfer']);
  const visit = (node) => {
    if (ts.isTypeParameterDeclaration(node)) local.add(node.name.text);
    if (ts.isTypeReferenceNode(node)) names.add(node.typeName.getText(file));
    ts.forEachChild(node, visit);
  };
  visit(file);
  const byModule = new Map();
  for (const source of program.getSourceFiles()) {
    if (!source.fileName.startsWith(path.join(root, 'lib'))) continue;
    const symbol = checker.getSymbolAtLocation(source);
    for (const exported of symbol === undefined ? [] : checker.getExportsOfModule(symbol)) {
      if (!names.has(exported.name) || local.has(exported.name) || exported.flags & ts.SymbolFlags.Alias)
        continue;
      const relative = path.relative(path.dirname(target), source.fileName).replace(/\.ts$/, '');
      const module = relative.startsWith('.') ? relative : `./${relative}`;
      byModule.set(module, [...(byModule.get(module) ?? []), exported.name]);
      names.delete(exported.name);
    }
  }
  const missing = [...names].filter((name) => !local.has(name));
  if (missing.length > 0) throw new Error(`no module of lib exports ${missing.join(', ')}`);
  return [...byModule]
    .sort()
    .map(([module, list]) => `import type { ${list.sort().join(', ')} } from '${module}';\n`);
}

async function generate() {
  const program = load();
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(table);
  let methods = null;
  source.forEachChild((node) => {
    if (!ts.isVariableStatement(node)) return;
    const [declaration] = node.declarationList.declarations;
    if (declaration.name.getText(source) === 'methods') methods = checker.getTypeAtLocation(declaration.name);
  });
  if (methods === null) throw new Error(`${table} has no table of methods`);
  const members = methods.getProperties().map((property) => {
    const node = property.valueDeclaration;
    const named = ts.isShorthandPropertyAssignment(node)
      ? checker.getShorthandAssignmentValueSymbol(node)
      : checker.getSymbolAtLocation(
          ts.isPropertyAccessExpression(node.initializer) ? node.initializer.name : node.initializer,
        );
    const symbol = named.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(named) : named;
    const [declaration] = symbol.declarations;
    const commented = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
    const [range] = (ts.getLeadingCommentRanges(commented.getSourceFile().text, commented.pos) ?? []).slice(
      -1,
    );
    const comment = range === undefined ? '' : commented.getSourceFile().text.slice(range.pos, range.end);
    if (!comment.startsWith('/**')) throw new Error(`${symbol.name} has no doc comment`);
    const signatures = checker.getTypeOfSymbol(property).getCallSignatures();
    return signatures.map((s) => `  ${comment}\n  ${methodOf(property.name, s, checker)}\n`).join('');
  });
  const body = `
/** The functions of the same names with the tensor as their first argument. */
export interface TensorMethods<D extends DType = DType> {
${members.join('')}}
`;
  const text = head + importsOf(body, program, checker).join('') + body + tail;
  return prettier.format(text, { ...(await prettier.resolveConfig(target)), parser: 'typescript' });
}

async function main() {
  const text = await generate();
  if (!process.argv.includes('--check')) fs.writeFileSync(target, text);
  else if (fs.readFileSync(target, 'utf8') !== text)
    throw new Error('lib/ops/method_types.ts is out of date: npm run build:methods');
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
