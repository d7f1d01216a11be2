/** Pictures and tables in Jupyter notebooks. */

/** What the kernels for JavaScript ask a value for: its contents by MIME type. */
const displaySymbol = Symbol.for('Jupyter.display');

type Bundle = Readonly<Record<string, string>>;

/** What the two kernels put into the global object. */
interface Kernels {
  Deno?: { jupyter?: { broadcast?: (type: string, content: object) => Promise<void> } };
  __tslab__?: { require: (name: string) => { display: { raw: (type: string, content: string) => void } } };
}

/** From the richest on: tslab shows all that it gets, Deno's kernel leaves the choice to the front end. */
const types = ['image/svg+xml', 'text/html', 'text/plain'];

async function bundleOf(value: unknown): Promise<Bundle> {
  const display = (value as Record<symbol, unknown> | null | undefined)?.[displaySymbol];
  if (typeof display !== 'function')
    throw new TypeError(
      'show: expected charts, tensors or variables, or another value that notebooks can display',
    );
  return (await display.call(value)) as Bundle;
}

/**
 * Shows charts as pictures, matrices as tables and other tensors and variables as text in a Jupyter notebook, with the kernel of
 * Deno or of tslab, one below the other: `await plot.show(chart, tensor)`. Outside a notebook it prints their text. In Deno's kernel the
 * last value of a cell is shown without it.
 * @throws TypeError for values that cannot be displayed.
 */
export async function show(...values: readonly unknown[]): Promise<void> {
  const { Deno, __tslab__: tslab } = globalThis as Kernels;
  const bundles = await Promise.all(values.map(bundleOf));
  for (const bundle of bundles) {
    const type = types.find((name) => name in bundle) ?? 'text/plain';
    if (Deno?.jupyter?.broadcast !== undefined)
      await Deno.jupyter.broadcast('display_data', { data: bundle, metadata: {}, transient: {} });
    else if (tslab !== undefined) tslab.require('tslab').display.raw(type, bundle[type]);
    else process.stdout.write(`${bundle['text/plain']}\n`);
  }
}
