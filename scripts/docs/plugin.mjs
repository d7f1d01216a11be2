/**
 * TypeDoc, for this library: constants that are called become functions with their parameters, definitions get the category
 * of their folder, `@tf` becomes a link to TensorFlow's page, guides get their headings as titles.
 */
import * as path from 'node:path';
import {
  Comment,
  CommentTag,
  Context,
  Converter,
  ParameterReflection,
  ReflectionFlag,
  ReflectionKind,
} from 'typedoc';
import { categoryOf } from './categories.mjs';

export const root = path.resolve(import.meta.dirname, '..', '..');
export const repository = 'https://github.com/gradtape/gradtape/blob/main/';

const kindsOfTypes = ReflectionKind.Interface | ReflectionKind.TypeAlias;
const placed =
  kindsOfTypes |
  ReflectionKind.Function |
  ReflectionKind.Class |
  ReflectionKind.Variable |
  ReflectionKind.Namespace;

/**
 * TypeDoc shows a constant as a function only if its initializer is one; with this tag, whenever its type has calls. One whose type has
 * constructors (`Variable`) is shown as a class.
 */
function showCallsOfConstants() {
  const original = Context.prototype.getComment;
  Context.prototype.getComment = function getComment(symbol, kind) {
    const comment = original.call(this, symbol, kind);
    if (kind !== ReflectionKind.Variable || this.scope.kindOf(ReflectionKind.ClassOrInterface))
      return comment;
    const tagged = comment ?? new Comment();
    const type = symbol && this.checker.getTypeOfSymbol(symbol);
    tagged.modifierTags.add(type?.getConstructSignatures().length > 0 ? '@class' : '@function');
    return tagged;
  };
}

/** The page of a symbol of TensorFlow. */
export const tensorflowPage = (symbol) =>
  `https://www.tensorflow.org/api_docs/python/${symbol.replaceAll('.', '/')}`;

const textOf = (parts) => parts.map((part) => part.text).join('');

/** Replaces `@tf tf.math.add` by a paragraph with a link. */
function linkTensorFlow(comment) {
  const tags = comment.blockTags.filter((tag) => tag.tag === '@tf');
  if (tags.length === 0) return;
  comment.blockTags = comment.blockTags.filter((tag) => tag.tag !== '@tf');
  for (const tag of tags) {
    const [, symbol, rest] = /^\s*(tf(?:\.\w+)+)?([^]*)$/.exec(textOf(tag.content));
    const text =
      symbol === undefined ? rest.trim() : `\n\nIn TensorFlow: [${symbol}](${tensorflowPage(symbol)})`;
    comment.summary.push({ kind: 'text', text: symbol === undefined ? `\n\n${text}` : text });
    // What follows the symbol is more of the description.
    if (symbol !== undefined && rest.trim() !== '') comment.summary.push({ kind: 'text', text: rest });
  }
}

function everyComment(project, visit) {
  const seen = new Set();
  for (const reflection of Object.values(project.reflections)) {
    if (reflection.comment === undefined || seen.has(reflection.comment)) continue;
    seen.add(reflection.comment);
    visit(reflection.comment, reflection);
  }
}

/** The file, from the root of the repository, that defines a reflection. */
function fileOf(context, reflection) {
  const symbol = context.getSymbolFromReflection(reflection);
  const file = symbol?.declarations?.[0]?.getSourceFile().fileName;
  return file === undefined ? undefined : path.relative(root, file).replaceAll('\\', '/');
}

function categorize(context, reflection) {
  if (!reflection.kindOf(placed) || !reflection.parent?.kindOf(ReflectionKind.SomeModule)) return;
  let category;
  if (reflection.kindOf(kindsOfTypes)) category = 'Types';
  else if (reflection.kindOf(ReflectionKind.Namespace)) category = 'Namespaces';
  else {
    const file = fileOf(context, reflection);
    if (file === undefined) return;
    category = categoryOf(file);
  }
  reflection.comment ??= new Comment();
  reflection.comment.blockTags.push(new CommentTag('@category', [{ kind: 'text', text: category }]));
}

/** A guide's title is its first heading. */
function titleDocument(document) {
  const text = textOf(document.content);
  const heading = /^\s*(?:<!--[^]*?-->\s*)*# (.*)\n/.exec(text);
  if (heading !== null) document.name = heading[1].replaceAll('`', '');
}

/** `...rest: [axis?: number]` is what the type says, `axis?: number` what a reader calls. */
function spreadRest(signature) {
  const { parameters } = signature;
  const last = parameters?.at(-1);
  if (!last?.flags.isRest || last.type?.type !== 'tuple') return;
  const members = last.type.elements;
  if (!members.every((m) => m.type === 'namedTupleMember')) return;
  signature.parameters = [
    ...parameters.slice(0, -1),
    ...members.map((member) => {
      const parameter = new ParameterReflection(member.name, ReflectionKind.Parameter, signature);
      parameter.type = member.element;
      if (member.isOptional) parameter.setFlag(ReflectionFlag.Optional);
      signature.project.registerReflection(parameter, undefined, undefined);
      return parameter;
    }),
  ];
  signature.project.removeReflection(last);
}

/** One description for all signatures of a function stands above them; the signatures keep what is their own. */
export function shareComments(reflection) {
  const { signatures } = reflection;
  if (signatures === undefined || signatures.length < 2) return;
  const texts = signatures.map((s) => (s.comment === undefined ? '' : textOf(s.comment.summary)));
  const first = signatures.find((s) => s.comment !== undefined)?.comment;
  if (first === undefined) return;
  if (reflection.comment === undefined || textOf(reflection.comment.summary) === '') {
    const tags = reflection.comment?.blockTags ?? [];
    reflection.comment = first.clone();
    reflection.comment.blockTags.push(...tags);
  }
  const shared = textOf(reflection.comment.summary);
  signatures.forEach((s, i) => {
    if (texts[i] === shared) delete s.comment;
  });
}

/** Links to files that are no pages go to the repository; TypeDoc would copy the files. */
export function linkRepository(project, pages) {
  for (const parts of [project.readme ?? [], ...(project.documents ?? []).map((d) => d.content)])
    for (const part of parts) {
      if (part.kind !== 'relative-link') continue;
      const target = part.target === undefined ? undefined : project.files.resolvePath(part.target);
      if (target === undefined) continue;
      const file = path.relative(root, target).replaceAll('\\', '/');
      if (pages.includes(file) || /\.(png|svg)$/.test(file)) continue;
      part.kind = 'text';
      part.text = repository + file + (part.targetAnchor === undefined ? '' : `#${part.targetAnchor}`);
    }
}

export function load(app) {
  showCallsOfConstants();
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => titleDocument(document));
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, (context) => {
    const { project } = context;
    for (const reflection of Object.values(project.reflections)) {
      reflection.comment?.removeModifier('@function');
      reflection.comment?.removeModifier('@class');
      if (!reflection.kindOf(ReflectionKind.FunctionOrMethod)) continue;
      shareComments(reflection);
      reflection.signatures?.forEach(spreadRest);
    }
    everyComment(project, linkTensorFlow);
    for (const reflection of Object.values(project.reflections)) categorize(context, reflection);
  });
}
