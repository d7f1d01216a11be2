/**
 * Programs of the kind that users write: they compile under `strict` and `noUncheckedIndexedAccess` without a cast, and what
 * their types say is so when they run.
 */
import * as path from 'node:path';
import ts from 'typescript';
import * as gru from './programs/gru';
import * as kMeans from './programs/k_means';
import * as regression from './programs/logistic_regression';
import { build } from './programs/server';
import * as vae from './programs/vae';
import * as words from './programs/word_vectors';

const root = path.join(__dirname, '..', '..');
const names = ['gru', 'k_means', 'logistic_regression', 'server', 'vae', 'word_vectors'];
const files = names.map((name) => path.join(__dirname, 'programs', `${name}.ts`));

function compile(): ts.Program {
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), (name) => ts.sys.readFile(name));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  return ts.createProgram(files, { ...options, noUncheckedIndexedAccess: true, types: ['node'] });
}

/** Casts (`as const` is none) and `!`. */
function assertions(file: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const cast = ts.isAsExpression(node) && node.type.getText(file) !== 'const';
    if (cast || ts.isTypeAssertionExpression(node) || ts.isNonNullExpression(node))
      found.push(node.getText(file));
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

let program: ts.Program;
beforeAll(() => {
  program = compile();
});

test('the programs compile without casts', () => {
  for (const name of files) {
    const file = program.getSourceFile(name) as ts.SourceFile;
    const messages = program
      .getSemanticDiagnostics(file)
      .map((d) => ts.flattenDiagnosticMessageText(d.messageText, '\n'));
    expect([name, messages, assertions(file)]).toEqual([name, [], []]);
  }
});

test('editors show the documentation of functions and methods, and dtypes by name', () => {
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(files[2]) as ts.SourceFile;
  const shown = new Map<string, string>();
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node)) {
      const named = checker.getSymbolAtLocation(node.name) as ts.Symbol;
      const symbol = named.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(named) : named;
      const comment = ts.displayPartsToString(symbol.getDocumentationComment(checker));
      shown.set(node.name.text, comment);
    }
    if (ts.isVariableDeclaration(node))
      shown.set(node.name.getText(file), checker.typeToString(checker.getTypeAtLocation(node.name)));
    ts.forEachChild(node, visit);
  };
  visit(file);
  expect(shown.get('matmul')).toContain('Matrix product');
  expect(shown.get('reduceMean')).toContain('Mean over axes');
  expect(shown.get('sub')).toContain('Difference, elementwise');
  expect(shown.get('at')).toContain('The elements that an index selects');
  expect(shown.get('assignSub')).toContain('Subtracts');
  expect(shown.get('gradient')).toContain('The gradients of');
  expect(shown.get('x')).toBe('Tensor<"float32">');
  expect(shown.get('w')).toBe('Variable<"float32">');
});

const decreases = (losses: readonly number[]): void => {
  expect(losses[losses.length - 1]).toBeLessThan(losses[0]);
};

describe('the programs do what their types say', () => {
  test('logistic regression', () => {
    const { losses, accuracy, weights } = regression.fit(20);
    decreases(losses);
    expect(accuracy).toBeGreaterThan(0.9);
    expect(weights).toEqual([expect.any(Number), expect.any(Number)]);
  });

  test('VAE', () => {
    const { losses, norms, rate, sample } = vae.train(30);
    decreases(losses);
    expect(norms.every((norm) => norm > 0)).toBe(true);
    expect(rate).toBeCloseTo(0.005);
    expect(sample).toHaveLength(8);
  });

  test('GRU by scan', () => {
    const { losses, states, positive } = gru.train(10);
    decreases(losses);
    expect(states).toEqual([6, 4, 5]);
    expect(positive).toEqual(Array.from({ length: 4 }, () => expect.any(Boolean) as unknown));
  });

  test('k-means', () => {
    const { centers, counts, labels } = kMeans.cluster(3, 8);
    expect([...centers].sort(([a, b], [c, d]) => a + 2 * b - c - 2 * d)[0][0]).toBeCloseTo(0, 0);
    expect(counts.reduce((a, b) => a + b)).toBe(150);
    expect(labels).toBeInstanceOf(Int32Array);
  });

  test('word vectors', () => {
    const { losses, rows, nearest } = words.train(30);
    decreases(losses);
    expect(rows).toBeGreaterThan(10);
    expect(nearest[0]).toBe('cat');
  });

  test('a server', async () => {
    const app = build();
    const address = await app.listen({ port: 0, host: '127.0.0.1' });
    const send = (method: string, url: string, body?: unknown): Promise<Response> =>
      fetch(`${address}${url}`, {
        method,
        body: body === undefined ? null : JSON.stringify(body),
        headers: body === undefined ? {} : { 'content-type': 'application/json' },
      });
    try {
      const answer = await send('POST', '/predict', {
        rows: [
          [1, 1],
          [1, 3],
        ],
      });
      expect(await answer.json()).toEqual({
        predictions: [1, -1],
        positive: [true, false],
        mean: 0,
        largest: 0,
      });
      expect((await send('POST', '/predict', { rows: [[1, 2, 3]] })).status).toBe(400);
      const put = await send('PUT', '/weights/1', { value: 1 });
      expect(await put.json()).toEqual({ shape: [2, 1], weights: [[2], [1]], json: [[2], [1]] });
      expect((await send('GET', '/memory')).status).toBe(200);
    } finally {
      await app.close();
    }
  });
});
