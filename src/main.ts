#!/usr/bin/env node
import { runProgram } from './cli/index.ts';

const code = await runProgram(process);
// A command that prints for itself (the demo) may have set one already.
if (code !== 0) process.exitCode = code;
