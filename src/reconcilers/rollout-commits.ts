import { type Commit, type GitMirror, type Marker, type Oid, parseKey } from '../core/index.ts';
import { decodeText, findMarkers, isMarkerFile, mayHaveMarkers } from '../edit/index.ts';
import { automationTrailer, parseTrailers, rollbackTrailer } from '../hold/index.ts';
import { type Bump, bumpsOf, type MarkersOfFile } from '../rollout/index.ts';

/** A commit that some automation made to land something. */
export interface LandingCommit {
  readonly commit: Commit;
  /** `<cluster id>/<namespace>/<name>`, as the trailer says. */
  readonly writer: string;
}

const commitsAtMost = 300;

/**
 * The commits of automations between `since` and `head`, newest first, merges gone through; without `since`, those made after `bornAt`. Facts
 * are read from trailers alone. At most some hundred commits are looked at.
 */
export async function findLandings(
  mirror: GitMirror,
  head: Oid,
  { since, bornAt }: { readonly since: Oid | null; readonly bornAt: number },
): Promise<LandingCommit[]> {
  const known = since !== null && (await mirror.has(since)) ? since : null;
  const found: LandingCommit[] = [];
  const visited = new Set<Oid>();
  let heads: Oid[] = [head];
  while (heads.length > 0 && visited.size < commitsAtMost) {
    const next: Oid[] = [];
    for (const oid of heads) {
      if (visited.has(oid) || oid === known) continue;
      visited.add(oid);
      const commit = await mirror.commit(oid);
      if (known === null && commit.committer.seconds * 1000 + 1000 < bornAt) continue;
      const writer = landingWriter(commit);
      if (writer !== null && (known === null || !(await mirror.isAncestor(oid, known)))) found.push({ commit, writer });
      next.push(...commit.parents);
    }
    heads = next;
  }
  return found.toSorted((a, b) => b.commit.committer.seconds - a.commit.committer.seconds);
}

/** Who made the commit, if it landed something; null for those of people, and for ours that took something back. */
function landingWriter({ message }: Commit): string | null {
  const trailers = parseTrailers(message);
  if (trailers.some(({ key }) => key === rollbackTrailer)) return null;
  return trailers.find(({ key }) => key === automationTrailer)?.value ?? null;
}

/** What a commit changed at markers, by policy. */
export async function readBumps(mirror: GitMirror, { oid, parents }: Commit): Promise<Bump[]> {
  const [parent] = parents;
  if (parent === undefined) return [];
  const files: MarkersOfFile[] = [];
  for (const { path, before, after } of await mirror.diff(parent, oid)) {
    if (before === null || after === null || !isMarkerFile(path)) continue;
    files.push({ before: await readMarkers(mirror, path, before.oid), after: await readMarkers(mirror, path, after.oid) });
  }
  return bumpsOf(files);
}

export async function readMarkers(mirror: Pick<GitMirror, 'blob'>, file: string, blob: Oid): Promise<readonly Marker[]> {
  const bytes = await mirror.blob(blob);
  if (!mayHaveMarkers(bytes)) return [];
  const decoded = decodeText(file, bytes);
  return decoded.kind === 'text' ? findMarkers(file, decoded.text).markers : [];
}

/** Cluster and automation of a trailer's value; null where it is none. */
export function parseWriter(
  writer: string,
): { readonly cluster: string; readonly namespace: string; readonly name: string } | null {
  const [cluster, ...rest] = writer.split('/');
  if (cluster === undefined || rest.length !== 2) return null;
  return { cluster, ...parseKey(rest.join('/')) };
}
