import type {
  Bucket,
  GitRepository,
  ImagePolicy,
  ImageRepository,
  ImageUpdateAutomation,
  Kustomization,
  OciRepository,
  Resource,
} from '../api/index.ts';
import { formatImageRef, formatKey, type Instant, keyOf } from '../core/index.ts';
import { type Bump, BumpLedger } from './bump-ledger.ts';
import { shortenHex } from './status-table.ts';
import type { Hop } from './timeline-hop.ts';

/** An Event of the cluster, as far as the timeline reads it. */
export interface ClusterEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  /** Of the source that it is about; '' if it names none. */
  readonly revision: string;
  readonly involved: { readonly kind: string; readonly namespace: string; readonly name: string };
}

type Storing = GitRepository | OciRepository | Bucket;

type Found = Omit<Hop, 'at' | 'subject' | 'sinceMs'> & { readonly bump: Bump | null };

/** Turns what changes in the objects of the loop into hops. Pure but for what it remembers; `now` is handed in. */
export class Timeline {
  readonly #ledger = new BumpLedger();
  readonly #told = new Map<string, string>();
  /** The revision of each Kustomization, and since when. */
  readonly #applied = new Map<string, { readonly revision: string; readonly since: Instant }>();
  /** The ids of each Kustomization when it last had applied a revision; in between, the inventory also names what is only planned. */
  readonly #settled = new Map<string, ReadonlySet<string>>();

  /** The hops between two states of an object; `before` is null for one that is new. */
  observe(before: Resource | null, after: Resource, now: Instant): Hop[] {
    const found = [...this.#findHops(before, after, now), ...this.#findFailure(before, after)];
    return found.map((hop) => toHop(hop, `${after.kind} ${keyOf(after)}`, now));
  }

  /** Takes an object as it is at the start: no news, but what later news is compared with. */
  remember(object: Resource): void {
    if (object.kind !== 'Kustomization') return;
    this.#applied.set(keyOf(object), { revision: object.status?.lastAppliedRevision ?? '', since: 0 });
    this.#settled.set(keyOf(object), idsOf(object));
  }

  /** The hop that an Event tells of; null if it tells nothing that the object itself does not. */
  observeEvent(event: ClusterEvent, now: Instant): Hop | null {
    const { type, reason, message, involved } = event;
    const subject = `${involved.kind} ${formatKey(involved)}`;
    if (type === 'Normal') return changeLine.test(message) ? toHop(this.#changed(event, now), subject, now) : null;
    if (reason === 'Reverted' || this.#told.get(subject) === message) return null;
    this.#told.set(subject, message);
    return toHop({ kind: /drift/i.test(reason) ? 'drift' : 'failed', text: `${reason}: ${message}`, bump: null }, subject, now);
  }

  /** What was applied; at a revision that had settled before, somebody else had changed it. */
  #changed({ message, revision, involved }: ClusterEvent, now: Instant): Found {
    const applied = this.#applied.get(formatKey(involved));
    const list = message.split('\n').join(', ');
    const isDrift = applied !== undefined && applied.revision === revision && now - applied.since > settledAfterMs;
    if (isDrift) return { kind: 'drift', text: `corrected: ${list}`, bump: null };
    return { kind: 'changed', text: list, bump: this.#ledger.find(commitKey(commitOf(revision))) };
  }

  #findHops(before: Resource | null, after: Resource, now: Instant): Found[] {
    switch (after.kind) {
      case 'ImageRepository':
        return this.#tagSeen(before as ImageRepository | null, after, now);
      case 'ImagePolicy':
        return this.#selected(before as ImagePolicy | null, after, now);
      case 'ImageUpdateAutomation':
        return [
          ...this.#committed(before as ImageUpdateAutomation | null, after, now),
          ...holdHops(before as ImageUpdateAutomation | null, after),
        ];
      case 'GitRepository':
        return this.#stored(before as GitRepository | null, after, now);
      case 'OCIRepository':
      case 'Bucket':
        return this.#stored(before as OciRepository | Bucket | null, after, now);
      case 'Kustomization':
        return this.#rolledOut(before as Kustomization | null, after, now);
      case 'ExternalArtifact':
      case 'Receiver':
      case 'UpdateGuard':
      case 'Rollout':
        return [];
      default:
        return after satisfies never;
    }
  }

  #tagSeen(before: ImageRepository | null, after: ImageRepository, now: Instant): Found[] {
    const [old, scan] = [before?.status?.lastScanResult, after.status?.lastScanResult];
    if (scan === undefined || (scan.revision === old?.revision && scan.tagCount === old?.tagCount)) return [];
    const known = new Set(old?.latestTags ?? []);
    const fresh = old === undefined ? [] : (scan.latestTags ?? []).filter((tag) => !known.has(tag));
    const text = fresh.length > 0 ? `${after.spec.image}: ${fresh.join(', ')}` : `${after.spec.image}: ${scan.tagCount} tags`;
    return [{ kind: 'tag seen', text, bump: this.#ledger.join(repositoryKey(keyOf(after)), 'tag seen', [], now) }];
  }

  #selected(before: ImagePolicy | null, after: ImagePolicy, now: Instant): Found[] {
    const [old, ref] = [before?.status?.latestRef, after.status?.latestRef];
    if (ref === undefined || describeRef(ref) === describeRef(old)) return [];
    const { name, namespace = after.metadata.namespace ?? '' } = after.spec.imageRepositoryRef;
    const bump = this.#ledger.join(policyKey(keyOf(after)), 'selected', [repositoryKey(formatKey({ namespace, name }))], now);
    return [{ kind: 'selected', text: old === undefined ? describeRef(ref) : `${old.tag} → ${describeRef(ref)}`, bump }];
  }

  #committed(before: ImageUpdateAutomation | null, after: ImageUpdateAutomation, now: Instant): Found[] {
    const commit = after.status?.lastPushCommit;
    if (commit === undefined || commit === before?.status?.lastPushCommit) return [];
    const [old, current] = [before?.status?.observedPolicies ?? {}, after.status?.observedPolicies ?? {}];
    const changed = Object.keys(current).filter((name) => describeRef(current[name]) !== describeRef(old[name]));
    const namespace = after.metadata.namespace ?? '';
    const causes = changed.map((name) => policyKey(formatKey({ namespace, name })));
    const branch = after.status?.observedSourceRevision?.split('@')[0] ?? '';
    const what = changed.map((name) => `${name} ${current[name]?.tag ?? ''}`).join(', ');
    const text = `${commit.slice(0, 7)} to ${branch}${what === '' ? '' : ` (${what})`}`;
    return [{ kind: 'committed', text, bump: this.#ledger.join(commitKey(commit), 'committed', causes, now) }];
  }

  #stored(before: Storing | null, after: Storing, now: Instant): Found[] {
    const revision = after.status?.artifact?.revision;
    if (revision === undefined || revision === before?.status?.artifact?.revision) return [];
    this.#ledger.adoptCommit(commitKey(commitOf(revision)), now);
    const bump = this.#ledger.join(commitKey(commitOf(revision)), `stored ${keyOf(after)}`, [], now);
    return [{ kind: 'stored', text: shortenHex(revision), bump }];
  }

  #rolledOut(before: Kustomization | null, after: Kustomization, now: Instant): Found[] {
    const revision = after.status?.lastAppliedRevision;
    if (revision === undefined) return [];
    const hops: Found[] = [];
    const isNew = revision !== before?.status?.lastAppliedRevision;
    if (isNew) this.#applied.set(keyOf(after), { revision, since: now });
    const join = (hop: string) => this.#ledger.join(commitKey(commitOf(revision)), `${hop} ${keyOf(after)}`, [], now);
    if (isNew) hops.push({ kind: 'applied', text: shortenHex(revision) + this.#settle(before, after), bump: join('applied') });
    const ready = readyOf(after);
    const wasReady = before !== null && readyOf(before)?.status === 'True';
    if (ready?.status === 'True' && (isNew || !wasReady))
      hops.push({ kind: 'healthy', text: shortenHex(ready.message), bump: join('healthy') });
    return hops;
  }

  /** How many objects came and went with a revision. */
  #settle(before: Kustomization | null, after: Kustomization): string {
    const old = this.#settled.get(keyOf(after)) ?? (before === null ? new Set<string>() : idsOf(before));
    const current = idsOf(after);
    this.#settled.set(keyOf(after), current);
    const [added, gone] = [current.difference(old).size, old.difference(current).size];
    const objects = `, ${current.size} ${current.size === 1 ? 'object' : 'objects'}`;
    return [objects, added > 0 ? `, ${added} new` : '', gone > 0 ? `, ${gone} pruned` : ''].join('');
  }

  /** A failure is told once, until the message changes. */
  #findFailure(before: Resource | null, after: Resource): Found[] {
    const [old, ready] = [before === null ? undefined : readyOf(before), readyOf(after)];
    if (ready?.status !== 'False' || quiet.has(ready.reason)) return [];
    if (old?.status === 'False' && old.message === ready.message) return [];
    const subject = `${after.kind} ${keyOf(after)}`;
    if (this.#told.get(subject) === ready.message) return [];
    this.#told.set(subject, ready.message);
    return [{ kind: 'failed', text: `${ready.reason}: ${shortenHex(ready.message)}`, bump: null }];
  }
}

/** Reasons of Ready=False that are a stage on the way. */
const quiet = new Set(['Progressing', 'DependencyNotReady']);

/** `Deployment/apps/web configured`, as the first of several lines. */
const changeLine = /^\S+ (created|configured|deleted)(\n|$)/;
/** Events and status travel apart; an event about a revision may come a little after it is in status. */
const settledAfterMs = 3000;

function toHop({ kind, text, bump }: Found, subject: string, now: Instant): Hop {
  return { at: now, kind, subject, text, sinceMs: bump === null ? null : now - bump.startedAt };
}

function holdHops(before: ImageUpdateAutomation | null, after: ImageUpdateAutomation): Found[] {
  const [old, current] = [heldLines(before), heldLines(after)];
  const held = current.filter((line) => !old.includes(line)).map((text): Found => ({ kind: 'held', text, bump: null }));
  const released = old.length > 0 && current.length === 0;
  return [...held, ...(released ? [{ kind: 'released' as const, text: 'nothing is held any more', bump: null }] : [])];
}

function heldLines(automation: ImageUpdateAutomation | null): string[] {
  const held = automation?.status?.conditions?.find(({ type, status }) => type === 'Held' && status === 'True');
  return held?.message.split('\n') ?? [];
}

function idsOf({ status }: Kustomization): ReadonlySet<string> {
  return new Set((status?.inventory?.entries ?? []).map(({ id }) => id));
}

function readyOf({ status }: Resource) {
  return status?.conditions?.find(({ type }) => type === 'Ready');
}

function describeRef(ref: { name: string; tag: string; digest?: string | undefined } | undefined): string {
  return ref === undefined ? '' : shortenHex(formatImageRef({ ...ref, digest: ref.digest ?? '' }));
}

/** `main@sha1:<oid>` → the oid. */
function commitOf(revision: string): string {
  return revision.slice(revision.lastIndexOf(':') + 1);
}

const repositoryKey = (key: string) => `repository ${key}`;
const policyKey = (key: string) => `policy ${key}`;
const commitKey = (oid: string) => `commit ${oid}`;
