/**
 * Set-up of every test file: drops the NotCompiledWarning of functions that run op by op, of which the suite has hundreds by
 * design. A test that looks at warnings replaces `process.emitWarning` by a spy, which receives all of them; other warnings
 * are printed as ever.
 */
const emitWarning = process.emitWarning.bind(process);

process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
  if (rest[0] === 'NotCompiledWarning') return;
  (emitWarning as (...all: unknown[]) => void)(warning, ...rest);
};
