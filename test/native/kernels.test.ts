/** lib/op/kernels.ts and lib/cast_slots.ts are what scripts/write-kernels.js makes of native/addon, and the addon was built from the same. */
import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import { native } from '../../lib/binding';
import * as kernels from '../../lib/op/kernels';
import { root } from '../helpers/child';

// eslint-disable-next-line @typescript-eslint/no-require-imports
const described = require('../../native/describe.js') as {
  entries(): {
    name: string;
    entry: boolean;
    buffers: { name: string; optional: boolean }[];
    numbers: { name: string; kind: string; slot: number; size: number }[];
  }[];
  fingerprint(): number;
  camel(name: string): string;
};
const all = described.entries();

test('it is current', () => {
  execFileSync(process.execPath, [path.join(root, 'scripts', 'write-kernels.js'), '--check'], {
    stdio: 'pipe',
  });
});

test('the addon has the entries that are declared, and was built from these declarations', () => {
  const declared = all.filter(({ entry }) => entry).map(({ name }) => name);
  expect(Object.keys(native.entries).sort()).toEqual(declared.sort());
  expect(native.arguments).toBe(described.fingerprint());
});

test('buffers come first, numbers follow each other, and all fit into the argument buffer', () => {
  for (const { name, buffers, numbers } of all) {
    let slot = buffers.length;
    for (const number of numbers) {
      expect({ entry: name, ...number }).toEqual({ entry: name, ...number, slot });
      slot += number.size;
    }
    expect(slot).toBeLessThanOrEqual(native.argumentBuffer.byteLength / 8);
  }
});

test('a list is a view of its slots', () => {
  const lists = kernels as unknown as Record<string, Record<string, Float64Array> | undefined>;
  let seen = 0;
  for (const { name, numbers } of all) {
    for (const { name: own, kind, slot, size } of numbers) {
      if (kind !== 'list' && kind !== 'raw') continue;
      const list = lists[`${name}Lists`]?.[described.camel(own)];
      expect({ name, own, at: list?.byteOffset, length: list?.length }).toEqual({
        ...{ name, own },
        at: 8 * slot,
        length: size,
      });
      expect(list?.buffer).toBe(native.argumentBuffer);
      seen++;
    }
  }
  expect(seen).toBeGreaterThan(30);
});
