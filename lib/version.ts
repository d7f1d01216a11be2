/**
 * The version of this package, the same as in package.json (`npm version` writes both). A constant: a bundle has no
 * package.json beside it.
 *
 * @tf tf.__version__
 */
export const version: string = '0.1.0';
