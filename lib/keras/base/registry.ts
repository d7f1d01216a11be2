/** The classes that configs and files name: Keras's own and those that users register. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import { snakeCase } from './naming';
import { namedOptions } from './named_options';

/** A class whose objects have a config. */
export interface SerializableClass {
  readonly prototype: object;
  readonly name: string;
  fromConfig(config: Record<string, unknown>): unknown;
}

interface Registration {
  /** The Python module, such as `keras.layers`; null for users' classes. */
  readonly module: string | null;
  readonly className: string;
  /** `package>Name` for users' classes. */
  readonly registeredName: string | null;
}

const byClass = new Map<object, Registration>();
const byName = new Map<string, Serializable>();
type Serializable = SerializableClass | ((...args: never[]) => unknown);

/** Classes and functions of the user's, by their registered names. Without a prototype: names come from files. */
const globalObjects = Object.create(null) as Record<string, unknown>;
const scopes = new AsyncLocalStorage<Readonly<Record<string, unknown>>>();

/** The classes and functions that the user registered, by name; what is added is found too. @tf tf.keras.saving.get_custom_objects */
export const getCustomObjects = (): Record<string, unknown> => globalObjects;

/**
 * Runs f, in which configs and files may name these classes and functions, also after it has waited for something.
 * @tf tf.keras.saving.custom_object_scope
 */
export function customObjectScope<T>(customObjects: Readonly<Record<string, unknown>>, f: () => T): T {
  if (typeof customObjects !== 'object' || customObjects === null)
    throw new TypeError(
      `[customObjectScope] customObjects must be an object, { Name: Class }; got ${describe(customObjects)}`,
    );
  if (typeof f !== 'function')
    throw new TypeError(`[customObjectScope] needs a function to run; got ${describe(f)}`);
  return scopes.run({ ...customObjects }, f);
}

/** A user's class or function of that name: of the innermost scope, or registered. */
function customObject(name: string): unknown {
  const scope = scopes.getStore();
  return scope !== undefined && Object.hasOwn(scope, name) ? scope[name] : globalObjects[name];
}

/**
 * Registers the exports of a namespace under their names: the names survive minifiers, those of classes may not. `aliases` has
 * those of the exports that are second names, which configs may have but are not written into any. (The order of a namespace's
 * exports depends on the bundler.)
 */
export function registerModule(
  module: string,
  namespace: Readonly<Record<string, unknown>>,
  aliases: Readonly<Record<string, unknown>> = {},
): void {
  for (const [className, value] of Object.entries(namespace)) {
    if (typeof value !== 'function') continue;
    if (!byClass.has(value) && !Object.hasOwn(aliases, className))
      byClass.set(value, { module, className, registeredName: null });
    byName.set(`${module}>${className}`, value as unknown as SerializableClass);
  }
}

/** What is registered for a class or function; null if nothing is. */
export const registrationOf = (value: object): Registration | null => byClass.get(value) ?? null;

/** The class or function of that name in a Python module of Keras, or of a user's registration (`package>Name`). */
export function registered(module: string | null, name: string): Serializable | null {
  if (module === null) return (customObject(name) as Serializable | undefined) ?? null;
  return byName.get(`${module}>${name}`) ?? null;
}

/**
 * The name under which a class or function is registered; its own name if it is not.
 * @tf tf.keras.saving.get_registered_name
 */
export function getRegisteredName(value: abstract new (...args: never[]) => unknown): string {
  if (typeof value !== 'function')
    throw new TypeError(`[getRegisteredName] needs a class or a function; got ${describe(value)}`);
  const known = byClass.get(value);
  return known?.registeredName ?? known?.className ?? value.name;
}

export interface RegisteredObjectOptions {
  /** Looked into after what is registered. */
  customObjects?: Readonly<Record<string, unknown>>;
  /** Looked into last. */
  moduleObjects?: Readonly<Record<string, unknown>>;
}

/** The class or function that is registered under a name; null if none is. @tf tf.keras.saving.get_registered_object */
export function getRegisteredObject(name: string, options: RegisteredObjectOptions = {}): unknown {
  if (typeof name !== 'string')
    throw new TypeError(`[getRegisteredObject] name must be a string; got ${describe(name)}`);
  const found = customObject(name);
  if (found !== undefined) return found;
  const { customObjects = {}, moduleObjects = {} } = namedOptions(options, 'getRegisteredObject');
  for (const objects of [customObjects, moduleObjects])
    if (Object.hasOwn(objects, name)) return objects[name];
  return null;
}

/** The name of a class as Keras writes it; that of a class of the user's is its own. */
export const nameOfClass = (constructor: { readonly name: string }): string =>
  byClass.get(constructor)?.className ?? constructor.name;

/** The name of an object's class as Keras writes it. */
export const classNameOf = (object: object): string => nameOfClass(object.constructor);

/** The name of an object's class in snake case. */
export const snakeNameOf = (object: object): string => snakeCase(classNameOf(object));

/**
 * Registers a class (or a function, such as a loss) of the user's, so that configs and files can name it: returns a decorator
 * for it. @tf tf.keras.saving.register_keras_serializable
 */
export function registerKerasSerializable(
  packageName = 'Custom',
  name?: string,
): <C extends abstract new (...args: never[]) => unknown>(value: C) => C {
  return (value) => {
    if (typeof value !== 'function')
      throw new TypeError(
        `[registerKerasSerializable] decorates a class or a function; got ${describe(value)}`,
      );
    const isClass = value.prototype !== undefined && /^class\b/.test(Function.prototype.toString.call(value));
    if (isClass && !('getConfig' in (value.prototype as object)))
      throw new InvalidArgumentError(
        `[registerKerasSerializable] Cannot register a class that does not have a getConfig() method; '${value.name}' has none`,
      );
    const className = name ?? value.name;
    const registeredName = `${packageName}>${className}`;
    byClass.set(value, { module: null, className, registeredName });
    globalObjects[registeredName] = value;
    return value;
  };
}
