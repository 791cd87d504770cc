import type { Command } from 'commander';
import type { ServedKind } from '../api/index.ts';

/** What a kind is called on the command line, as flux does: `source git`, `kustomization`, `image policy`. */
export interface KindWords {
  readonly kind: ServedKind['kind'];
  readonly group?: 'source' | 'image';
  readonly word: string;
  readonly aliases: readonly string[];
  /** In sentences about it. */
  readonly human: string;
  /** Whether it has no `spec.suspend`. */
  readonly isAlwaysOn?: true;
  /** Whether others write it: nobody here can be asked to reconcile it. */
  readonly isForeign?: true;
}

export const kindWords: readonly KindWords[] = [
  { kind: 'GitRepository', group: 'source', word: 'git', aliases: ['gitrepository'], human: 'source git' },
  { kind: 'OCIRepository', group: 'source', word: 'oci', aliases: ['ocirepository'], human: 'source oci' },
  { kind: 'Bucket', group: 'source', word: 'bucket', aliases: [], human: 'source bucket' },
  {
    ...{ kind: 'ExternalArtifact', group: 'source', word: 'external', aliases: ['externalartifact'], human: 'source external' },
    ...{ isAlwaysOn: true, isForeign: true },
  },
  { kind: 'Kustomization', word: 'kustomization', aliases: ['ks'], human: 'kustomization' },
  { kind: 'ImageRepository', group: 'image', word: 'repository', aliases: ['repositories'], human: 'image repository' },
  { kind: 'ImagePolicy', group: 'image', word: 'policy', aliases: ['policies'], human: 'image policy' },
  { kind: 'ImageUpdateAutomation', group: 'image', word: 'update', aliases: ['updates'], human: 'image update' },
  { kind: 'Receiver', word: 'receiver', aliases: [], human: 'receiver' },
  { kind: 'UpdateGuard', word: 'guard', aliases: [], human: 'update guard', isAlwaysOn: true },
  { kind: 'Rollout', word: 'rollout', aliases: ['rollouts'], human: 'rollout' },
];

/** The kinds that can be suspended. */
export const switchedKinds = kindWords.filter(({ isAlwaysOn = false }) => !isAlwaysOn);

/** The kinds that can be asked to run. */
export const reconciledKinds = kindWords.filter(({ isForeign = false }) => !isForeign);

/** As it is typed behind `reconcile`: `source git`. */
export function typed({ group, word }: KindWords): string {
  return group === undefined ? word : `${group} ${word}`;
}

export function wordsOf(kind: KindWords['kind']): KindWords {
  const words = kindWords.find((candidate) => candidate.kind === kind);
  if (words === undefined) throw new TypeError(`no words for ${kind}`);
  return words;
}

/** Adds a command for each kind below `parent`, in its group, and lets `define` complete it. */
export function addKindCommands(
  parent: Command,
  define: (command: Command, words: KindWords) => void,
  kinds: readonly KindWords[] = kindWords,
): void {
  const groups = new Map<string, Command>();
  for (const words of kinds) {
    const home = words.group === undefined ? parent : groupOf(parent, words.group, groups);
    define(home.command(words.word).aliases(words.aliases), words);
  }
}

function groupOf(parent: Command, name: string, groups: Map<string, Command>): Command {
  const known = groups.get(name);
  if (known !== undefined) return known;
  const group = parent.command(name).alias(`${name}s`).description(`${parent.name()} ${name} …`);
  groups.set(name, group);
  return group;
}
