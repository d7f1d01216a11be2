/** The declarations of the methods are those of the functions, comments included. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(__dirname, '..', '..');

test('lib/ops/method_types.ts is up to date', () => {
  execFileSync(process.execPath, [path.join(root, 'scripts', 'write-methods.js'), '--check'], {
    stdio: 'pipe',
  });
});

test('every method has a comment for editors to show', () => {
  const text = readFileSync(path.join(root, 'lib', 'ops', 'method_types.ts'), 'utf8');
  const methods = [...text.matchAll(/^( {2}\/\*\*[\s\S]*?\*\/)\n {2}(\w+)[<(]/gm)];
  expect(methods.map(([, , name]) => name)).toEqual(
    expect.arrayContaining(['sum', 'matmul', 'add', 'argmax']),
  );
  expect(methods.length).toBe([...text.matchAll(/^ {2}\w+[<(]/gm)].length);
});
