/** Run by isa.test.ts in a process of its own: writes every result's bytes to the file that it is given. */
import * as fs from 'node:fs';
import { native } from '../../lib/binding';
import { eachResult } from './isa_results';

const file = fs.openSync(process.argv[2], 'w');
eachResult((_, results) => {
  for (const t of results) fs.writeSync(file, new Uint8Array(t.data().buffer));
});
fs.closeSync(file);
process.stdout.write(native.isa());
