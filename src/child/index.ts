export { privateRoot } from './private-root.ts';
export { endGroup, signalGroup } from './process-group.ts';
export { type ProgramEnd, type ProgramRun, runProgram } from './run-program.ts';
export { type Program, startProgram } from './start-program.ts';
