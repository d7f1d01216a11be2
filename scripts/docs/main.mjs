/** `npm run docs`: the documentation site, in docs/site/ or the folder that is named. */
import * as path from 'node:path';
import { Application, Comment, CommentTag, ReflectionKind, TSConfigReader, TypeDocReader } from 'typedoc';
import { exampleFinder } from './examples.mjs';
import { checkSite } from './check.mjs';
import { linkRepository, root } from './plugin.mjs';

const modules = {
  gradtape: 'tf',
  'gradtape/plot': 'plot',
  plot: 'plot',
  'gradtape/jest': 'jest',
  jest: 'jest',
};

/** How a program calls a function: `tf.math.add`. */
function nameOf(reflection) {
  const names = [];
  for (let r = reflection; r !== undefined && !r.isProject(); r = r.parent) names.unshift(r.name);
  return [modules[names[0]] ?? names[0], ...names.slice(1)].join('.');
}

const plainFunctions = (project) =>
  project
    .getReflectionsByKind(ReflectionKind.Function)
    .filter((f) => f.parent?.kindOf(ReflectionKind.SomeModule) && f.signatures !== undefined);

const classesOf = (project) => project.getReflectionsByKind(ReflectionKind.Class);

const relative = (file) => path.relative(root, path.resolve(root, file)).replaceAll('\\', '/');

const fenced = (language, text) => ({ kind: 'code', text: `\`\`\`${language}\n${text}\n\`\`\`` });

const hasExample = (comment) => comment.blockTags.some(({ tag }) => tag === '@example');

function addExample(comment, example) {
  const content = [fenced('ts', example.code)];
  if (example.output !== '') content.push({ kind: 'text', text: '\n\n' }, fenced('text', example.output));
  comment.blockTags.push(new CommentTag('@example', content));
}

/** Gives each function its dtypes, and functions and classes an example with what it prints. Returns the names of those without one. */
async function describe(project) {
  const { find, written, used, dtypesOf } = exampleFinder();
  const without = [];
  const illustrate = async (name, comment) => {
    const example = hasExample(comment) ? undefined : await find(name);
    if (example !== undefined) addExample(comment, example);
    if (!hasExample(comment)) without.push(name);
  };
  for (const f of plainFunctions(project)) {
    const name = nameOf(f);
    const [only] = f.signatures.length === 1 ? f.signatures : [f];
    only.comment ??= new Comment();
    const dtypes = dtypesOf(name);
    if (dtypes !== undefined) only.comment.summary.push({ kind: 'text', text: `\n\n${dtypes}` });
    await illustrate(name, only.comment);
  }
  for (const c of classesOf(project)) {
    c.comment ??= new Comment();
    await illustrate(nameOf(c), c.comment);
  }
  const unused = [...written.keys()].filter((name) => !used.has(name));
  if (unused.length > 0)
    throw new Error(
      `docs/examples has examples of what is no public function or class: ${unused.join(', ')}`,
    );
  return without;
}

async function main() {
  const out = process.argv[2] === undefined ? path.join(root, 'docs', 'site') : path.resolve(process.argv[2]);
  const app = await Application.bootstrapWithPlugins({ options: path.join(root, 'typedoc.json') }, [
    new TypeDocReader(),
    new TSConfigReader(),
  ]);
  const project = await app.convert();
  if (project === undefined) return 1;
  linkRepository(project, ['README.md', ...app.options.getValue('projectDocuments').map(relative)]);
  const without = await describe(project);
  app.validate(project);
  await app.generateDocs(project, out);
  const problems = checkSite(out, without);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) console.error(`${problems.length} problems`);
  return app.logger.hasErrors() || problems.length > 0 ? 1 : 0;
}

process.exitCode = await main();
