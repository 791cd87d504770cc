export { type ExitCode, exitCode } from './exit-code.ts';
export { type ProgramHost, runProgram } from './program.ts';
