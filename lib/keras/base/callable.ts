/** Objects that are called like functions: `layer(x)`, `loss(yTrue, yPred)`, `initializer(shape)`. */

/**
 * Base class of objects that are called like functions, as in Keras: calling an instance calls its `invoke`. The constructor
 * returns a function whose prototype is that of the class, so that `instanceof`, methods and fields work as in any class.
 */
export abstract class Callable {
  constructor() {
    const self = (...args: unknown[]): unknown => (self as unknown as Callable).invoke(...args);
    // The properties of a function, which would be in the way of the class's own.
    Reflect.deleteProperty(self, 'name');
    Reflect.deleteProperty(self, 'length');
    // eslint-disable-next-line no-constructor-return -- what makes instances callable
    return Object.setPrototypeOf(self, new.target.prototype) as this;
  }

  /** @internal What a call of the object does. */
  abstract invoke(...args: unknown[]): unknown;
}
