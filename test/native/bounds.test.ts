/** The error bounds that op rows state are those that the native tests and the sweep over all floats hold kernels to. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import 'gradtape';
import { opDefinitions } from '../../lib/op/registry';
import { root } from '../helpers/child';

const header = fs.readFileSync(path.join(root, 'native', 'tests', 'accuracy.h'), 'utf8');
const held = new Map(
  [...header.matchAll(/^ {4}\{"(\w+)", [^{}]*?, ([\d.]+)(?:, [\de-]+)?\},$/gm)].map((m) => [
    m[1],
    Number(m[2]),
  ]),
);
const rows = [...opDefinitions().values()].filter((row) => row.kind === 'unary');

test('each row of one operand that rounds is held to its bound for all floats', () => {
  const stated = rows.filter((row) => (row.ulp ?? 0) > 0).map((row) => [row.name, row.ulp] as const);
  expect(new Map(stated)).toEqual(held);
});
