/** Checks of the finished site: links and their anchors, signatures, and that functions and classes have examples. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from './plugin.mjs';

/** Functions and classes without an example, and why. */
const exceptions = {
  'tf.errors.InternalError': 'only a defect of the library throws it',
  'tf.keras.models.loadLayersModel': 'reads what TensorFlow.js wrote',
  'plot.PackageLoadError': 'a package that is installed and broken is the cause',
};

function pagesOf(folder) {
  return fs.readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.html'));
}

const decode = (text) => text.replaceAll('&amp;', '&').replaceAll('&#39;', "'").replaceAll('&quot;', '"');

function linkProblems(folder, page, html, idsOf) {
  const problems = [];
  for (const [, raw] of html.matchAll(/<a\b[^>]*? href="([^"]*)"/g)) {
    const href = decode(raw);
    if (/^(https?:|mailto:)/.test(href)) {
      const inRepository = /^https:\/\/github\.com\/gradtape\/gradtape\/blob\/main\/([^#?]*)/.exec(href);
      if (inRepository !== null && !fs.existsSync(path.join(root, inRepository[1])))
        problems.push(`${page}: no file ${inRepository[1]} in the repository`);
      continue;
    }
    // TypeDoc's own page of hierarchies leaves out those of options.
    if (href.includes('hierarchy.html#')) continue;
    const [target, anchor] = href.split('#');
    const file =
      target === '' ? page : path.normalize(path.join(path.dirname(page), decodeURIComponent(target)));
    if (!fs.existsSync(path.join(folder, file))) problems.push(`${page}: broken link ${href}`);
    else if (anchor && file.endsWith('.html') && !idsOf(file).has(decodeURIComponent(anchor)))
      problems.push(`${page}: no anchor for ${href}`);
  }
  return problems;
}

/** What is wrong with the site in a folder, in sentences; `without`: functions and classes that have no example. */
export function checkSite(folder, without) {
  const problems = [];
  const ids = new Map();
  const idsOf = (file) => {
    if (!ids.has(file)) {
      const html = fs.readFileSync(path.join(folder, file), 'utf8');
      ids.set(file, new Set([...html.matchAll(/ id="([^"]*)"/g)].map((m) => decode(m[1]))));
    }
    return ids.get(file);
  };
  for (const page of pagesOf(folder)) {
    const html = fs.readFileSync(path.join(folder, page), 'utf8');
    problems.push(...linkProblems(folder, page, html, idsOf));
    // A constant on a page of its own is a function that shows no parameters, unless its type says that it is none.
    const constant = /^variables[\\/](.*)\.html$/.exec(page);
    const text = html.replace(/<[^>]*>/g, '');
    if (constant !== null && /: \w*(Op|Call|Function|Unary|Binary|Reduction)\b/.test(text))
      problems.push(`${page}: a function without parameters`);
  }
  for (const name of without)
    if (!Object.hasOwn(exceptions, name)) problems.push(`${name} has no example: write one in docs/examples`);
  for (const name of Object.keys(exceptions))
    if (!without.includes(name)) problems.push(`${name} has an example: it is no exception (check.mjs)`);
  return problems;
}
