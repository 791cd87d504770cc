import { type Edit, formatKey, type NamespacedName, type Oid } from '../core/index.ts';
import { applyEdits, decodeText } from '../edit/index.ts';
import type { Landing } from '../guard/index.ts';
import { automationTrailer, landedByTrailer, landedTrailer, reasonTrailer } from '../hold/index.ts';
import type { PolicyGroups } from './automation-groups.ts';
import type { AutomationLook, Verdict } from './automation-look.ts';

/** One commit to be made: its own edits, and with those before it what each file becomes. */
export interface PlannedCommit {
  readonly edits: readonly Edit[];
  readonly policies: readonly NamespacedName[];
  readonly reason: 'policy' | null;
  /** Who let it land past the gates, and why. */
  readonly landed: Landing | null;
  /** Every edit of the files that this commit touches, up to and with this commit. */
  readonly files: ReadonlyMap<string, readonly Edit[]>;
}

export type Write = Extract<Verdict, { kind: 'write' }>;

/**
 * Groups what may land into commits: one a policy, so that a revert takes back one bump and nothing else, one a group of policies, or one
 * for all.
 */
export function planCommits(writes: readonly Write[], per: 'policy' | 'run', { of }: PolicyGroups): PlannedCommit[] {
  const keyOf = ({ marker }: Write) => of.get(formatKey(marker.policy)) ?? formatKey(marker.policy);
  const bundles = Map.groupBy(writes, (write) => (per === 'run' ? '' : keyOf(write)));
  const landed = new Map<string, Edit[]>();
  return [...bundles].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, bundle]) => planCommit(bundle, landed));
}

function planCommit(group: readonly Write[], landed: Map<string, Edit[]>): PlannedCommit {
  const edits = group.map(({ edit }) => edit);
  for (const edit of edits) landed.set(edit.marker.file, [...(landed.get(edit.marker.file) ?? []), edit]);
  const touched = new Set(edits.map(({ marker }) => marker.file));
  const policies = new Map(edits.map(({ marker }) => [formatKey(marker.policy), marker.policy]));
  return {
    edits,
    policies: [...policies.values()],
    reason: group.some(({ reason }) => reason === 'policy') ? 'policy' : null,
    landed: group.find(({ landed }) => landed !== undefined)?.landed ?? null,
    files: new Map([...touched].map((file) => [file, landed.get(file) ?? []])),
  };
}

/** The new bytes of each file of a commit, from the blobs that the look was taken on. */
export async function renderFiles(
  commit: PlannedCommit,
  look: AutomationLook,
  readBlob: (oid: Oid) => Promise<Buffer>,
): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const [file, edits] of commit.files) {
    const decoded = decodeText(file, await readBlob(look.blobs.get(file) ?? ''));
    // A file with markers was decoded when they were found.
    if (decoded.kind === 'text') files.set(file, Buffer.from(applyEdits(decoded.text, edits), 'utf8'));
  }
  return files;
}

/** The message with a blank line and our trailers behind it; facts are read from these alone. */
export function addTrailers(message: string, commit: PlannedCommit, automation: string): string {
  const trailers = [`${automationTrailer}: ${automation}`];
  if (commit.reason !== null) trailers.push(`${reasonTrailer}: ${commit.reason}`);
  if (commit.landed !== null) trailers.push(...describeLanding(commit.landed));
  return `${message.trimEnd()}\n\n${trailers.join('\n')}\n`;
}

function describeLanding({ reason, by }: Landing): string[] {
  return [`${landedTrailer}: ${inOneLine(reason)}`, ...(by === undefined ? [] : [`${landedByTrailer}: ${inOneLine(by)}`])];
}

/** A person's words are one trailer, whatever they hold. */
function inOneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, 500);
}

/** Flux's subject, and a body with a line for each change. */
export function defaultMessage(commit: PlannedCommit): string {
  const lines = commit.edits.map(({ marker, before, after }) => {
    const { kind, name } = marker.object;
    const object = kind === '' ? '' : ` ${kind} ${name}`;
    return `- ${marker.file}:${object} ${marker.path}: ${before} -> ${after}`;
  });
  return `Update from image update automation\n\n${lines.join('\n')}`;
}
