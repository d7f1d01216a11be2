/**
 * The code of the pages: each page's blocks are one program, type-checked and run. What follows "// →" is what the expression
 * before it gives (as JSON), or with "…" around it, a part of that as text. A comment `<!-- given … -->` is code that readers do
 * not need to see.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as ts from 'typescript';
import * as tf from 'gradtape';

const root = path.join(__dirname, '..', '..');
const pages = ['README.md', ...fs.readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`)].filter(
  (p) => p.endsWith('.md'),
);

/** The code of a page, with line breaks where other text is, so that lines keep their numbers. */
function codeOf(page: string): string {
  const text = fs.readFileSync(path.join(root, page), 'utf8');
  let code = '';
  let inside = false;
  for (const line of text.split('\n')) {
    const given = /^<!-- given (.*) -->$/.exec(line);
    if (given !== null) code += given[1];
    else if (line === '```ts') inside = true;
    else if (line === '```') inside = false;
    // Blocks are the body of a function: other entries of the package are imported in it.
    else if (inside && !/^import .* from 'gradtape';$/.test(line))
      code += line.replace(
        /^import (?:\* as )?(.*) from '(gradtape\/\w+)';$/,
        "const $1 = await import('$2');",
      );
    code += '\n';
  }
  return code;
}

const checks = (code: string): string =>
  code.replace(
    /^(\S.*);\s+\/\/ → (.*)$/gm,
    (_, e: string, want: string) => `expectGives(${e}, ${JSON.stringify(want)});`,
  );

function expectGives(value: unknown, want: string): void {
  const part = /^…(.*)…$/.exec(want);
  if (part === null) expect(JSON.stringify(value)).toBe(want);
  else expect(String(value)).toContain(part[1]);
}

const wrap = (code: string): string =>
  `import * as tf from 'gradtape'; export async function page(expectGives: (value: unknown, want: string) => void) { ${code}\n}`;

const programs = new Map(
  pages.flatMap((page) => {
    const code = codeOf(page);
    return code.trim() === '' ? [] : [[page, checks(code)] as const];
  }),
);

test('there are pages with code', () => {
  expect([...programs.keys()]).toEqual(expect.arrayContaining(['README.md', 'docs/compiled-functions.md']));
  expect(programs.get('docs/compiled-functions.md')?.match(/expectGives\(/g)?.length).toBeGreaterThan(3);
});

test('the code has the right types', () => {
  const config = ts.readConfigFile(path.join(root, 'tsconfig.json'), (file) => fs.readFileSync(file, 'utf8'));
  const { options } = ts.parseJsonConfigFileContent(
    { ...(config.config as object), files: [] },
    ts.sys,
    root,
  );
  options.noUnusedLocals = options.noUnusedParameters = false;
  const files = new Map([...programs].map(([page, code]) => [path.join(root, `${page}.ts`), wrap(code)]));
  const host = ts.createCompilerHost(options);
  const fileExists = host.fileExists.bind(host);
  const readFile = host.readFile.bind(host);
  host.fileExists = (name) => files.has(path.normalize(name)) || fileExists(name);
  host.readFile = (name) => files.get(path.normalize(name)) ?? readFile(name);
  const program = ts.createProgram([...files.keys()], options, host);
  const problems = [...files.keys()].flatMap((name) => {
    const source = program.getSourceFile(name);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      (d) => {
        const line = source === undefined ? 0 : source.getLineAndCharacterOfPosition(d.start ?? 0).line + 1;
        return `${path.relative(root, name).slice(0, -3)}:${line} ${ts.flattenDiagnosticMessageText(d.messageText, '\n')}`;
      },
    );
  });
  expect(problems).toEqual([]);
}, 60_000);

test.each([...programs])('%s runs', async (_, code) => {
  const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
  const before = process.cwd();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-docs-'));
  try {
    // What they write does not belong into the repository.
    process.chdir(folder);
    const { outputText } = ts.transpileModule(`const page = async () => { ${code}\n};`, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS },
    });
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the documentation's own code
    const make = new Function('tf', 'expectGives', 'require', `${outputText}\nreturn page;`) as (
      library: typeof tf,
      check: typeof expectGives,
      load: NodeJS.Require,
    ) => () => Promise<void>;
    await make(tf, expectGives, require)();
  } finally {
    process.chdir(before);
    fs.rmSync(folder, { recursive: true });
    log.mockRestore();
    tf.config.setConvolutionPrecision('fast');
  }
});
