/** What editors show of every public function: names of parameters, and dtypes of results. */
import * as path from 'node:path';
import ts from 'typescript';

const root = path.join(__dirname, '..', '..');
const index = path.join(root, 'lib', 'index.ts');

function publicSignatures(): [name: string, signature: ts.Signature, checker: ts.TypeChecker][] {
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), (name) => ts.sys.readFile(name));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram([index], { ...options, types: ['node'] });
  const checker = program.getTypeChecker();
  const found: [string, ts.Signature, ts.TypeChecker][] = [];
  const seen = new Set<ts.Symbol>();
  const add = (name: string, type: ts.Type): void => {
    for (const s of [...type.getCallSignatures(), ...type.getConstructSignatures()])
      found.push([name, s, checker]);
  };
  const isPrivate = ({ valueDeclaration }: ts.Symbol): boolean =>
    valueDeclaration !== undefined &&
    (ts.getCombinedModifierFlags(valueDeclaration) & ts.ModifierFlags.Private) !== 0;
  const walk = (module: ts.Symbol, prefix: string): void => {
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      const name = prefix + exported.name;
      if (seen.has(symbol)) continue;
      seen.add(symbol);
      if (symbol.flags & ts.SymbolFlags.ValueModule) walk(symbol, `${name}.`);
      if (symbol.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Variable | ts.SymbolFlags.Class)) {
        const type = checker.getTypeOfSymbol(symbol);
        add(name, type);
        for (const property of type.getProperties())
          add(`${name}.${property.name}`, checker.getTypeOfSymbol(property));
      }
      if (symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface)) {
        for (const property of checker.getDeclaredTypeOfSymbol(symbol).getProperties())
          if (!isPrivate(property)) add(`${name}#${property.name}`, checker.getTypeOfSymbol(property));
      }
    }
  };
  const file = program.getSourceFile(index) as ts.SourceFile;
  walk(checker.getSymbolAtLocation(file) as ts.Symbol, '');
  return found;
}

test('parameters have names that say what they are, and results a dtype or any', () => {
  const signatures = publicSignatures();
  expect(signatures.length).toBeGreaterThan(300);
  const named = signatures.filter(([, s]) => s.getParameters().some((p) => p.name === 'given'));
  expect(named.map(([name]) => name)).toEqual([]);
  // Helpers that define ops leave the dtype to the public function's type: none may have forgotten it.
  const undeclared = signatures.filter(([, s, checker]) =>
    checker.typeToString(s.getReturnType()).includes('Tensor<never>'),
  );
  expect(undeclared.map(([name]) => name)).toEqual([]);
});
