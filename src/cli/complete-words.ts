import type { Command } from 'commander';
import { clusterOptionsOf } from './cluster-options.ts';
import { findObjectsIfServed } from './find-objects.ts';
import { viewOf } from './kind-views.ts';
import { kindWords } from './kind-words.ts';
import { withCluster } from './open-cluster.ts';
import type { Session } from './session.ts';

/** What may stand in the place of the last word. Never throws: a shell has no use for an error. */
export async function completeWords(program: Command, words: readonly string[], session: Session): Promise<string[]> {
  const last = words.at(-1) ?? '';
  const { command, rest, path } = descend(program, words.slice(0, -1));
  if (last.startsWith('-')) return optionsOf(command).filter((flag) => flag.startsWith(last));
  const choices = choicesOf(command, words.at(-2));
  if (choices !== null) return choices.filter((choice) => choice.startsWith(last));
  const commands = command.commands.filter((candidate) => !isHidden(candidate)).map((candidate) => candidate.name());
  const names = commands.length > 0 ? [] : await namesFor(path, rest, command, session);
  return [...commands, ...names].filter((candidate) => candidate.startsWith(last));
}

/** Follows the words through the commands; `rest` are the operands behind the last one. */
function descend(program: Command, words: readonly string[]) {
  let command = program;
  const path: string[] = [];
  const rest: string[] = [];
  for (const word of words) {
    if (word.startsWith('-')) continue;
    const next = command.commands.find((candidate) => candidate.name() === word || candidate.aliases().includes(word));
    if (next === undefined) rest.push(word);
    else {
      command = next;
      path.push(next.name());
    }
  }
  return { command, path, rest };
}

function optionsOf(command: Command): string[] {
  const options = command.options.filter(({ hidden }) => !hidden);
  return [...new Set([...options.flatMap(({ long, short }) => [long ?? '', short ?? '']), '--help'])].filter(
    (flag) => flag !== '',
  );
}

/** The values of the option before the last word, where it takes one; [] where anything may stand. */
function choicesOf(command: Command, before: string | undefined): readonly string[] | null {
  if (before === undefined || !before.startsWith('-')) return null;
  const option = command.options.find(({ long, short }) => long === before || short === before);
  if (option === undefined || option.isBoolean() || !(option.required || option.optional)) return null;
  return option.argChoices ?? [];
}

function isHidden(command: Command): boolean {
  return command.name().startsWith('__');
}

/** Names of objects of the kind that a command is about, if the cluster tells them at once. */
async function namesFor(path: readonly string[], rest: readonly string[], command: Command, session: Session): Promise<string[]> {
  const kind = kindOf(path);
  if (kind === undefined || rest.length > 0) return [];
  const target = clusterOptionsOf(command, session.environment);
  const signal = AbortSignal.any([session.signal, AbortSignal.timeout(patienceMs)]);
  try {
    const query = { namespace: target.namespace, allNamespaces: false };
    const objects = await withCluster(target, session, (cluster) => findObjectsIfServed(cluster, viewOf(kind), query, signal));
    return objects.map(({ metadata }) => metadata.name);
  } catch {
    return [];
  }
}

const patienceMs = 2000;

/** `reconcile image policy` and `get kustomizations` name a kind; `release` is about policies. */
function kindOf(path: readonly string[]) {
  const [group = '', word = ''] = [path.at(-2), path.at(-1)];
  if (path[0] === 'release' || path.join(' ') === 'explain policy') return 'ImagePolicy' as const;
  if (path.join(' ') === 'confirm prune') return 'Kustomization' as const;
  const found = kindWords.find(
    (words) =>
      (words.word === word || `${words.word}s` === word) &&
      (words.group === undefined || [words.group, `${words.group}s`].includes(group)),
  );
  return found?.kind;
}
