/** Random programs have the same results eagerly, compiled and off the event loop. */
import { Shrinkable } from '../shrinkable';
import type { Part } from '../part';
import { drawProgram } from './generate';
import type { Program } from './program';
import { check } from './run';
import { smallerPrograms } from './shrink';
import { programText } from './text';

export const programs: Part<Program> = {
  name: 'programs',
  arbitrary: new Shrinkable(drawProgram, smallerPrograms),
  check: (program) => check(program),
  print: programText,
};
