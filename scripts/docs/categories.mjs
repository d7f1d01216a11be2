/** Categories of the API reference: the folder of `lib/` that has the definition decides, the longest prefix first. */

const folders = {
  'lib/ops/array/creation.ts': 'Creation',
  'lib/ops/array/patterns.ts': 'Creation',
  'lib/ops/array/convert.ts': 'Creation',
  'lib/ops/array': 'Shapes and slices',
  'lib/ops/debugging': 'Debugging',
  'lib/ops/image': 'Images',
  'lib/ops/index': 'Indexing, sorting, segments',
  'lib/ops/linalg': 'Linear algebra',
  'lib/ops/math': 'Math',
  'lib/ops/nn': 'Neural networks',
  'lib/ops/random': 'Random numbers',
  'lib/ops/reduce': 'Reductions',
  'lib/ops/state': 'Math',
  'lib/ops/strings': 'Strings',
  'lib/ops/method_types.ts': 'Tensors and variables',
  'lib/op': 'Runtime',
  'lib/autodiff': 'Gradients',
  'lib/function': 'Compiled functions and control flow',
  'lib/graph': 'Compiled functions and control flow',
  'lib/compile': 'Compiled functions and control flow',
  'lib/core/errors.ts': 'Errors',
  'lib/core': 'Tensors and variables',
  'lib/io': 'Files and checkpoints',
  'lib/train': 'Files and checkpoints',
  'lib/namespaces': 'Runtime',
  'lib/version.ts': 'Runtime',
  'lib/binding.ts': 'Runtime',
  'lib/plot': 'Charts',
  'lib/serving': 'Serving',
  'lib/jest': 'Tests',
  'lib/keras': 'Keras',
};
const prefixes = Object.keys(folders).sort((a, b) => b.length - a.length);

/** What Keras is made of, with a capital: `lib/keras/layers/core/…` is "Core". */
const capital = (name) => {
  const words = name.replace(/\.ts$/, '').replaceAll('_', ' ');
  return words[0].toUpperCase() + words.slice(1);
};

/** The category of what a file of the repository defines; a new folder of `lib/` has a line above. */
export function categoryOf(file) {
  const keras = /^lib\/keras\/(layers|ops)\/([^/]+)/.exec(file);
  if (keras !== null) return capital(keras[2]);
  const prefix = prefixes.find((p) => file === p || file.startsWith(`${p}/`));
  if (prefix === undefined)
    throw new Error(`scripts/docs/categories.mjs: no category for ${file}: add its folder`);
  return folders[prefix];
}
