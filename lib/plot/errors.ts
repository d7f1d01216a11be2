/**
 * Thrown when a chart is rendered and packages that rendering needs are not installed.
 * They are optional: a program that draws nothing never loads them.
 */
export class MissingPackageError extends Error {
  /** A stable string to test for. */
  readonly code = 'ERR_MISSING_PACKAGE';
  /** The packages that were not found. */
  readonly packages: readonly string[];
  /** The shell command that installs them. */
  readonly command: string;

  constructor(what: string, packages: readonly string[], command: string) {
    const list = packages.join(', ');
    super(
      `${what} needs ${list}, which ${packages.length > 1 ? 'are' : 'is'} not installed. Run: ${command}`,
    );
    this.name = 'MissingPackageError';
    this.packages = packages;
    this.command = command;
  }
}

/** Thrown when a package that rendering needs is installed, but loading it failed; `cause` has the reason. */
export class PackageLoadError extends Error {
  /** A stable string to test for. */
  readonly code = 'ERR_PACKAGE_LOAD';
  /** The package that could not be loaded. */
  readonly package: string;

  constructor(what: string, name: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`${what} needs ${name}, which is installed but could not be loaded: ${reason}.${advice()}`, {
      cause,
    });
    this.name = 'PackageLoadError';
    this.package = name;
  }
}

/** Jest replaces Node's module loader; without this flag it cannot load packages that are ES modules. */
function advice(): string {
  if (process.env.JEST_WORKER_ID === undefined) return '';
  return (
    ' Inside Jest, vega and vega-lite load only with NODE_OPTIONS=--experimental-vm-modules;' +
    ' or render in a child process, or test toVegaLite() and toText(), which need no packages.'
  );
}
