/** Names as Keras makes them: snake case, numbered so that they are unique in the process. */

/** Counts the uses of each name. */
const uses = new Map<string, number>();

/** `MultiHeadAttention` → `multi_head_attention`, `Conv2D` → `conv2d`. */
export function snakeCase(name: string): string {
  return name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** Names that are not in snake case by the usual rule. */
const pythonNames: Readonly<Record<string, string>> = {
  N: 'N',
  beta1: 'beta_1',
  beta2: 'beta_2',
  beta2Decay: 'beta_2_decay',
  adamBeta1: 'adam_beta_1',
  adamBeta2: 'adam_beta_2',
  epsilon1: 'epsilon_1',
  epsilon2: 'epsilon_2',
};

/** The name of an option or property in Python: `kernelInitializer` → `kernel_initializer`. */
export const toPythonName = (name: string): string =>
  pythonNames[name] ?? name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

/** And back. */
export const fromPythonName = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());

/** The name itself the first time, then `name_1`, `name_2`… */
export function uniqueName(name: string): string {
  const count = uses.get(name) ?? 0;
  uses.set(name, count + 1);
  return count === 0 ? name : `${name}_${count}`;
}

/** Starts the numbers anew. */
export function resetNames(): void {
  uses.clear();
}

/** The names of the layers and models that are being built, outermost first. */
let scopes: readonly string[] = [];

/** Runs f; variables that it creates have `name/` in their paths. */
export function withNameScope<T>(name: string, f: () => T): T {
  const before = scopes;
  scopes = [...scopes, name];
  try {
    return f();
  } finally {
    scopes = before;
  }
}

/** The path of a variable that is created now. */
export const currentPath = (name: string): string => [...scopes, name].join('/');
