#!/usr/bin/env node
// Nothing is imported above: what an older Node cannot parse would end it with a syntax error before this could say what is needed.
const neededMajor = 24;

if (Number.parseInt(process.versions.node, 10) < neededMajor) {
  process.stderr.write(
    `✗ tagalong needs Node ${neededMajor} or newer; ${process.execPath} is ${process.version}. See https://nodejs.org\n`,
  );
  process.exitCode = 1;
} else {
  const { runProgram } = await import('./cli/index.ts');
  const code = await runProgram(process);
  // A command that prints for itself (the demo) may have set one already.
  if (code !== 0) process.exitCode = code;
}

export {};
