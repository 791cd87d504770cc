import { type Command, Option } from 'commander';
import { addClusterOptions, clusterOptionsOf } from './cluster-options.ts';
import type { HoldsOptions } from './get-holds.ts';
import type { GetOptions, GetOrder } from './get-objects.ts';
import { addExamples } from './help.ts';
import { type KindWords, kindWords } from './kind-words.ts';
import type { Session } from './session.ts';

/** `get`: tables as flux prints them, of everything that is reconciled, and what is held. */
export function addGetCommand(program: Command, session: Session): void {
  const get = program.command('get').description('show what there is and how it is doing');
  addExamples(get, ['get all -A', 'get kustomizations', 'get images all -n apps', 'get holds', 'get sources git sample -o yaml']);
  addSeveral(
    get,
    'all',
    'show every kind',
    kindWords.map(({ kind }) => kind),
    session,
  );
  const sources = get.command('sources').alias('source').description('show sources');
  const images = get.command('images').alias('image').description('show image repositories, policies and automations');
  addSeveral(sources, 'all', 'show every kind of source', kindsOf('source'), session);
  addSeveral(images, 'all', 'show image repositories, policies and automations', kindsOf('image'), session);
  for (const words of kindWords) addKind({ source: sources, image: images, none: get }[words.group ?? 'none'], words, session);
  addHolds(get, session);
}

function kindsOf(group: KindWords['group']): KindWords['kind'][] {
  return kindWords.filter((words) => words.group === group).map(({ kind }) => kind);
}

function addKind(parent: Command, words: KindWords, session: Session): void {
  const { kind, word, aliases } = words;
  const isPlural = words.group === undefined;
  const command = parent
    .command(`${isPlural ? `${word}s` : word} [name]`)
    .aliases(isPlural ? [word, ...aliases.filter((alias) => alias !== `${word}s`)] : [...aliases])
    .description(`show each ${kind}`);
  addListOptions(command).option('-w, --watch', 'go on with each change, until Ctrl-C');
  const path = isPlural ? `get ${word}s` : `get ${words.group}s ${word}`;
  addExamples(command, [path, `${path} web -o yaml`, `${path} -A --status-selector ready=false`]);
  if (kind === 'Kustomization') command.option('--show-source', 'with a column for the source');
  addClusterOptions(command).action(async (name: string | undefined, options: GetOptions) => {
    await get({ kinds: [kind], several: false, ...(name === undefined ? {} : { name }) }, options, command, session);
  });
}

function addSeveral(
  parent: Command,
  word: string,
  description: string,
  kinds: readonly KindWords['kind'][],
  session: Session,
): void {
  const command = parent.command(word).description(description);
  const path = parent.name() === 'get' ? `get ${word}` : `get ${parent.name()} ${word}`;
  addExamples(command, [path, `${path} -A`, `${path} -n apps -o json`]);
  addListOptions(command).option('-w, --watch', 'go on with each change, until Ctrl-C');
  addClusterOptions(command).action((options: GetOptions) => get({ kinds, several: true }, options, command, session));
}

async function get(order: GetOrder, options: GetOptions, command: Command, session: Session): Promise<void> {
  const { getObjects } = await import('./get-objects.ts');
  await getObjects(order, options, clusterOptionsOf(command, session.environment), session);
}

function addHolds(get: Command, session: Session): void {
  const command = get
    .command('holds')
    .description('show what is not written: versions that a revert keeps out, and what waits for history that cannot be read');
  command
    .option('-A, --all-namespaces', 'of all namespaces')
    .option('--no-header', 'without the header')
    .addOption(outputOption());
  addExamples(command, ['get holds', 'get holds -A -o json']);
  addClusterOptions(command).action(async (options: HoldsOptions) => {
    const { getHolds } = await import('./get-holds.ts');
    await getHolds(options, clusterOptionsOf(command, session.environment), session);
  });
}

function addListOptions(command: Command): Command {
  return command
    .option('-A, --all-namespaces', 'of all namespaces')
    .option('--no-header', 'without the header')
    .option('-l, --label-selector <labels>', 'only what has these labels, such as app=web,tier!=test')
    .option('--status-selector <type=status>', 'only what has this condition, such as ready=false')
    .addOption(
      new Option('-o, --output <format>', 'print objects, or a table with more columns').choices(['json', 'yaml', 'wide']),
    );
}

/** `-o json|yaml`. */
export function outputOption(): Option {
  return new Option('-o, --output <format>', 'print objects, not a table').choices(['json', 'yaml']);
}
