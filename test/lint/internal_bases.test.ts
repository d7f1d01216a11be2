/** Declarations drop what is `@internal`: a public class whose base is would not compile in a user's project. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as ts from 'typescript';

const lib = path.join(__dirname, '..', '..', 'lib');

interface Declared {
  readonly file: string;
  readonly name: string;
  readonly internal: boolean;
  readonly bases: readonly string[];
}

function classesOf(file: string): Declared[] {
  const source = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);
  const found: Declared[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isClassDeclaration(node) && node.name !== undefined) {
      const extended = node.heritageClauses?.find((c) => c.token === ts.SyntaxKind.ExtendsKeyword);
      found.push({
        file: path.relative(lib, file),
        name: node.name.text,
        internal: ts.getJSDocTags(node).some((tag) => tag.tagName.text === 'internal'),
        bases: extended?.types.map((t) => t.expression.getText()) ?? [],
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

test('no public class has an internal base', () => {
  const files = fs
    .readdirSync(lib, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => path.join(lib, name));
  const classes = files.flatMap(classesOf);
  expect(classes.length).toBeGreaterThan(300);
  const internal = new Set(classes.filter((c) => c.internal).map((c) => c.name));
  const wrong = classes.filter((c) => !c.internal && c.bases.some((base) => internal.has(base)));
  expect(wrong.map((c) => `${c.file}: ${c.name}`)).toEqual([]);
});
