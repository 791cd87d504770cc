import { findKustomize } from '../../build/index.ts';
import { type ProgramEnd, runProgram } from '../../child/index.ts';
import { CliError } from '../error.ts';

/** The objects of a kustomize folder, as text; files may be outside of it, as Flux allows. `what` names it in an error. */
export async function buildFolder(folder: string, searchPath: string | undefined, what = folder): Promise<string> {
  const command = findKustomize(searchPath);
  if (command === null)
    throw new CliError('FAILED', 'neither kustomize nor kubectl is on PATH; one of them puts the manifests together');
  const [program, ...args] = command;
  const anywhere = ['--load-restrictor', 'LoadRestrictionsNone'];
  const environment = { PATH: searchPath ?? '', HOME: '/nonexistent' };
  const end = await runProgram({ program, args: [...args, ...anywhere, folder], environment, maxOutputBytes: 64 << 20 });
  if (end.kind === 'exited' && end.code === 0) return end.output.toString();
  throw new CliError('FAILED', `putting the manifests of ${what} together: ${describeEnd(end)}`);
}

function describeEnd(end: ProgramEnd): string {
  if (end.kind === 'exited') return end.errors.trim() || `it ended with exit code ${end.code}`;
  return end.kind === 'not started' ? end.because : end.kind;
}
