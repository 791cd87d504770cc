import { type Command, InvalidArgumentError, Option } from 'commander';

/** What is built from local folders, and how; the flags are those of `flux build` and `flux diff`. */
export interface LocalBuildOptions {
  /** The folder that `spec.path` means. */
  readonly path: string;
  /** A file with the Kustomization, in place of the cluster's. */
  readonly kustomizationFile?: string;
  /** Patterns as in .gitignore, from `path`. */
  readonly ignorePaths?: readonly string[];
  /** Also what the Kustomizations among the objects yield. */
  readonly recursive?: boolean;
  /** Where their sources are: `Kind/namespace/name` → folder. */
  readonly localSources?: ReadonlyMap<string, string>;
  /** Whether a variable that is not set is an error. */
  readonly strictSubstitute?: boolean;
}

export function addLocalBuildOptions(command: Command): Command {
  return command
    .requiredOption('--path <folder>', 'the local folder that its spec.path means')
    .option('--kustomization-file <file>', 'take the Kustomization from this file, not from the cluster')
    .addOption(
      new Option('--ignore-paths <patterns>', 'leave out what these name, with commas, as in .gitignore').argParser(parseList),
    )
    .option('-r, --recursive', 'also what the Kustomizations among the objects yield')
    .addOption(
      new Option('--local-sources <sources>', 'where their sources are: Kind/namespace/name=folder, with commas').argParser(
        parseSources,
      ),
    )
    .option('--strict-substitute', 'a variable that is not set is an error, as in the cluster (default: except in a dry run)')
    .addOption(new Option('--no-strict-substitute', 'a variable that is not set is empty').default(undefined));
}

function parseList(text: string, before: readonly string[] = []): readonly string[] {
  const items = text.split(',').map((item) => item.trim());
  return [...before, ...items.filter((item) => item !== '')];
}

function parseSources(text: string, before: ReadonlyMap<string, string> = new Map()): ReadonlyMap<string, string> {
  return new Map([...before, ...parseList(text).map(parseSource)]);
}

function parseSource(text: string): [string, string] {
  const [, key, folder] = /^([A-Za-z]+\/[^/=]+\/[^/=]+)=(.+)$/.exec(text) ?? [];
  if (key === undefined || folder === undefined) throw new InvalidArgumentError(`'${text}' is not Kind/namespace/name=folder.`);
  return [key, folder];
}
