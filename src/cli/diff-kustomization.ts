import { type Kustomization, kustomizationKind } from '../api/index.ts';
import {
  applyFieldManager,
  applyModeOf,
  compileIgnoreRules,
  describeEntry,
  difference,
  differs,
  inApplyOrder,
  inventoryOf,
  isOwnedBy,
  refOfEntry,
  withoutIgnored,
} from '../apply/index.ts';
import { createEgressCheck } from '../auth/index.ts';
import { formatYaml } from '../build/index.ts';
import { connectionTo, createCluster } from '../cluster/index.ts';
import { type Cluster, describeObject, type KubeObject, nameOf, refOf, silentLog, TagalongError } from '../core/index.ts';
import { redactRevealed } from '../decrypt/index.ts';
import { brings, createRemoteClusters, inventoryOfStatus, withOwner, withoutStrayNamespaces } from '../reconcilers/index.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { buildLocally, type LocalBuild, type LocalBuildOrder } from './local-build.ts';
import { isEncrypted, maskSecrets, withKnownValues } from './mask-secret.ts';
import { withCluster } from './open-cluster.ts';
import type { Session } from './session.ts';
import { unifiedDiff } from './unified-diff.ts';

/** Prints what would be created, changed and deleted; true when there is any. Nothing is written. */
export async function diffKustomization(
  order: Omit<LocalBuildOrder, 'namespace' | 'decrypts'>,
  { namespace, ...where }: ClusterOptions,
  session: Session,
): Promise<boolean> {
  return withCluster({ ...where, namespace }, session, async (home) => {
    const builds = await buildLocally({ ...order, namespace, decrypts: true }, home, session);
    const remotes = createRemoteClusters({ home, connect: connectWith(session) });
    try {
      let hasChanges = false;
      for (const build of builds) {
        const remote = await remotes.open(build.kustomization, session.signal);
        const facts = await factsOf(build, { home, cluster: remote?.cluster ?? home, session });
        const hasChanged = await diffManifests(facts);
        hasChanges = (await diffDeleted(facts)) || hasChanged || hasChanges;
      }
      return hasChanges;
    } finally {
      await remotes.close();
    }
  });
}

interface Facts {
  readonly kustomization: Kustomization;
  readonly manifests: readonly KubeObject[];
  readonly cluster: Cluster;
  readonly session: Session;
  /** Texts that were decrypted, which nothing that is printed may show. */
  readonly revealed: ReadonlySet<string>;
}

async function factsOf(
  { kustomization: built, build }: LocalBuild,
  { home, cluster, session }: { home: Cluster; cluster: Cluster; session: Session },
): Promise<Facts> {
  const kustomization = await withStatus(built, home, session);
  const owner = nameOf(kustomization);
  const owned = build.objects.map(({ object }) => withOwner(object, owner, kustomization.spec.commonMetadata));
  const manifests = inApplyOrder(await withoutStrayNamespaces(owned, cluster));
  return { kustomization, manifests, cluster, session, revealed: build.revealed };
}

/** What a file or another Kustomization says has no status: what it applied so far is known to the cluster. */
async function withStatus(built: Kustomization, home: Cluster, { signal }: Session): Promise<Kustomization> {
  if (built.status !== undefined) return built;
  const live = (await home.get({ ...kustomizationKind, ...nameOf(built) }, signal)) as Kustomization | null;
  return live?.status === undefined ? built : { ...built, status: live.status };
}

function connectWith({ clock }: Session): Parameters<typeof createRemoteClusters>[0]['connect'] {
  const shared = { clock, log: silentLog, userAgent: 'tagalong', checkAddress: createEgressCheck({ allowLoopback: true }) };
  return (access) =>
    createCluster({ ...shared, kubeconfig: 'kubeconfig' in access ? { tenantYaml: access.kubeconfig } : connectionTo(access) });
}

async function diffManifests(facts: Facts): Promise<boolean> {
  const ignoredIn = compileIgnoreRules(facts.kustomization.spec.ignore ?? []);
  let hasChanges = false;
  for (const manifest of facts.manifests) {
    const found = await compare(manifest, facts, ignoredIn);
    if (found === null) continue;
    say(facts, describeObject(manifest), found.verdict);
    if (found.verdict === 'skipped') continue;
    hasChanges = true;
    if (found.diff !== '') facts.session.terminal.answer(found.diff);
  }
  return hasChanges;
}

interface Comparison {
  readonly verdict: 'created' | 'drifted' | 'skipped';
  readonly diff: string;
}

/** Null where nothing would change. */
async function compare(
  manifest: KubeObject,
  { cluster, session, manifests, revealed }: Facts,
  ignoredIn: ReturnType<typeof compileIgnoreRules>,
): Promise<Comparison | null> {
  const live = await getOrNull(cluster, manifest, session.signal);
  const isUnreadable = isEncrypted(manifest) && manifest.kind !== 'Secret';
  if (isUnreadable || applyModeOf(manifest, live).do === 'skip') return { verdict: 'skipped', diff: '' };
  const sent = isEncrypted(manifest) ? withKnownValues(manifest, live) : manifest;
  const tried = await tryApply(sent, { cluster, session, manifests });
  if (live === null || tried === null) return { verdict: 'created', diff: '' };
  const ignored = ignoredIn(tried);
  const [before, after] = maskSecrets(withoutIgnored(live, ignored), withoutIgnored(tried, ignored));
  if (before === null || after === null || !differs(before, after)) return null;
  return { verdict: 'drifted', diff: showDiff(manifest, [before, after], revealed) };
}

/** Of an object other than a Secret that came encrypted, what it was is as little for the screen as what it becomes. */
function showDiff(
  manifest: KubeObject,
  [before, after]: readonly [KubeObject, KubeObject],
  revealed: ReadonlySet<string>,
): string {
  const what = describeObject(manifest);
  const text = unifiedDiff(what, show(before), show(after));
  return redactRevealed(text, revealed) === text ? text : `${what} came encrypted: what differs is not shown`;
}

/** Null where the namespace or the kind comes with the same build: what is not there yet cannot be tried in. */
async function tryApply(
  manifest: KubeObject,
  { cluster, session, manifests }: Pick<Facts, 'cluster' | 'session' | 'manifests'>,
): Promise<KubeObject | null> {
  try {
    const options = { fieldManager: applyFieldManager, force: true, dryRun: true, signal: session.signal };
    return await cluster.apply(manifest, options);
  } catch (error) {
    const isMissing = error instanceof TagalongError && error.code === 'NOT_FOUND';
    if (isMissing && manifests.some((other) => brings(other, manifest))) return null;
    throw error;
  }
}

async function getOrNull(cluster: Cluster, manifest: KubeObject, signal: AbortSignal): Promise<KubeObject | null> {
  try {
    return await cluster.get(refOf(manifest), signal);
  } catch (error) {
    if (error instanceof TagalongError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}

/** What is in the inventory, is there, and is in the build no more. */
async function diffDeleted(facts: Facts): Promise<boolean> {
  const { kustomization, manifests, cluster, session } = facts;
  if (!kustomization.spec.prune) return false;
  let hasChanges = false;
  for (const entry of difference(inventoryOfStatus(kustomization), inventoryOf(manifests))) {
    const ref = refOfEntry(entry);
    const live = ref === null ? null : await cluster.get(ref, session.signal).catch(() => null);
    if (live === null || !isOwnedBy(live, nameOf(kustomization))) continue;
    say(facts, describeEntry(entry), 'deleted');
    hasChanges = true;
  }
  return hasChanges;
}

function say({ session }: Facts, what: string, verdict: string): void {
  session.terminal.answer(`${session.terminal.paint.accent('►')} ${what} ${verdict}`);
}

/** Without what changes with every write. */
function show({ metadata, status: _status, ...rest }: KubeObject): string {
  const { managedFields: _fields, resourceVersion: _version, generation: _generation, uid: _uid, ...kept } = metadata;
  delete kept.creationTimestamp;
  return formatYaml({ ...rest, metadata: kept } as KubeObject);
}
