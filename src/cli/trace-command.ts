import type { Command } from 'commander';
import { addClusterOptions, clusterOptionsOf } from './cluster-options.ts';
import { CliError } from './error.ts';
import { addExamples } from './help.ts';
import type { Session } from './session.ts';

/** `trace`: from an object back to the commit it comes from. */
export function addTraceCommand(program: Command, session: Session): void {
  const command = program
    .command('trace')
    .argument('<kind/name...>', 'what to trace, such as deployment/web; or KIND NAME')
    .option('--api-version <version>', 'apiVersion of the kind, where no inventory tells it: apps/v1')
    .description('show which Kustomization applied an object, and from which source and revision');
  addExamples(command, ['trace deployment/web -n shop', 'trace Deployment web -n shop', 'trace pod/web-5d8f -n shop']);
  addClusterOptions(command).action(async (words: readonly string[], { apiVersion }: { apiVersion?: string }) => {
    const { traceObjects } = await import('./trace-object.ts');
    const order = { objects: readObjects(words), ...(apiVersion === undefined ? {} : { apiVersion }) };
    await traceObjects(order, clusterOptionsOf(command, session.environment), session);
  });
}

/** `deployment/web service/web`, or `deployment web`. */
function readObjects(words: readonly string[]): { kind: string; name: string }[] {
  const [kind = '', name = ''] = words;
  if (words.length === 2 && !words.some((word) => word.includes('/'))) return [{ kind, name }];
  return words.map((word) => {
    const parts = word.split('/');
    if (parts.length !== 2 || parts.includes(''))
      throw new CliError('USAGE', `${JSON.stringify(word)}: expected kind/name, such as deployment/web`);
    return { kind: parts[0] ?? '', name: parts[1] ?? '' };
  });
}
