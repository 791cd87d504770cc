import {
  type GitRepository,
  type ImagePolicy,
  type ImageUpdateAutomation,
  type Kustomization,
  type UpdateGuard,
  updateGuardKind,
} from '../api/index.ts';
import { ownerOf } from '../apply/index.ts';
import { type Cluster, formatKey, keyOf, nameOf } from '../core/index.ts';
import { bindGuards, compileGuard, type HoldEntry } from '../guard/index.ts';
import { findBranchWriter } from '../reconcilers/index.ts';
import { parseRange } from '../select/index.ts';
import { askBot, type Wish, whoAmI } from './ask-bot.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { CliError } from './error.ts';
import { findObject, findObjects, findObjectsIfServed, notFound } from './find-objects.ts';
import { viewOf } from './kind-views.ts';
import { withCluster } from './open-cluster.ts';
import { createProgress, type Progress } from './progress.ts';
import type { Session } from './session.ts';

export interface HoldOptions {
  readonly tag?: readonly string[];
  readonly range?: string;
  readonly digest?: readonly string[];
  readonly until?: string;
  readonly reason?: string;
  readonly guard?: string;
}

export interface UnholdOptions {
  readonly tag?: string;
  readonly guard?: string;
}

/** Puts an entry for a policy into `spec.holds` of its guard. Throws where no guard, or more than one, could take it. */
export async function holdVersion(policy: string, options: HoldOptions, target: ClusterOptions, session: Session): Promise<void> {
  checkHold(options);
  await withCluster(target, session, async (cluster) => {
    const missing = '; write one, or see `tagalong get guards`';
    const guard = await chooseGuard(policy, options.guard, { fits: () => true, missing }, { cluster, target, session });
    const by = await whoAmI(cluster, session);
    const entry = entryOf(nameIn(guard, policy, target), options, by);
    const change = (holds: readonly HoldEntry[]) => [...holds, entry];
    await write(guard, { do: 'hold', entry, ...reasonOf(options) }, change, { cluster, target, session });
  });
}

/** What no guard would take is told before anything is asked. Throws USAGE, naming every mistake. */
function checkHold({ tag, range, digest = [], until }: HoldOptions): void {
  const parsed = range === undefined ? null : parseRange(range);
  const mistakes = [
    ...(tag === undefined && range === undefined && digest.length === 0 ? ['say what to hold: --tag, --range or --digest'] : []),
    ...(parsed?.kind === 'invalid' ? [`--range ${JSON.stringify(range)}: ${parsed.reason}`] : []),
    ...digest
      .filter((text) => !digestPattern.test(text))
      .map((text) => `--digest ${JSON.stringify(text)} is not a digest such as sha256:…, with 64 hexadecimal digits`),
    ...(until !== undefined && Number.isNaN(Date.parse(until))
      ? [`--until ${JSON.stringify(until)} is not a time such as 2026-12-01T00:00:00Z`]
      : []),
  ];
  if (mistakes.length > 0) throw new CliError('USAGE', mistakes.join('; '));
}

/** As the kind has it. */
const digestPattern = /^sha256:[0-9a-f]{64}$/;

/** Takes the entries of a policy out of `spec.holds` of the guard that has them. */
export async function unholdVersion(
  policy: string,
  options: UnholdOptions,
  target: ClusterOptions,
  session: Session,
): Promise<void> {
  await withCluster(target, session, async (cluster) => {
    const isMeant = (guard: UpdateGuard) => (hold: HoldEntry) =>
      hold.policy === nameIn(guard, policy, target) && (options.tag === undefined || hold.tags?.includes(options.tag) === true);
    const has = (guard: UpdateGuard) => (guard.spec.holds ?? []).some(isMeant(guard));
    const what = options.tag === undefined ? '' : ` with tag ${options.tag}`;
    const missing = ` and has an entry${what} for it in spec.holds; what a revert keeps out is let go on by \`tagalong release ${policy}\``;
    const guard = await chooseGuard(policy, options.guard, { fits: has, missing }, { cluster, target, session });
    const wish = {
      do: 'unhold' as const,
      policy: nameIn(guard, policy, target),
      ...(options.tag === undefined ? {} : { tag: options.tag }),
    };
    const change = (holds: readonly HoldEntry[]) => holds.filter((hold) => !isMeant(guard)(hold));
    await write(guard, wish, change, { cluster, target, session });
  });
}

interface Tools {
  readonly cluster: Cluster;
  readonly target: ClusterOptions;
  readonly session: Session;
}

/** A guard of all namespaces names policies with their namespace. */
function nameIn(guard: UpdateGuard, policy: string, { namespace }: ClusterOptions): string {
  return guard.metadata.namespace === namespace ? policy : `${namespace}/${policy}`;
}

function entryOf(policy: string, { tag, range, digest, until, reason }: HoldOptions, by: string | null): HoldEntry {
  return {
    policy,
    ...(tag === undefined ? {} : { tags: [...tag] }),
    ...(range === undefined ? {} : { range }),
    ...(digest === undefined ? {} : { digests: [...digest] }),
    ...(until === undefined ? {} : { until }),
    ...(reason === undefined ? {} : { reason }),
    ...(by === null ? {} : { by }),
  };
}

function reasonOf({ reason }: HoldOptions): { reason?: string } {
  return reason === undefined ? {} : { reason };
}

async function chooseGuard(
  policy: string,
  wanted: string | undefined,
  { fits, missing }: { readonly fits: (guard: UpdateGuard) => boolean; readonly missing: string },
  { cluster, target, session }: Tools,
): Promise<UpdateGuard> {
  const { namespace } = target;
  const object = (await findObject(cluster, viewOf('ImagePolicy'), { namespace, name: policy }, session.signal)) as ImagePolicy;
  const query = { namespace, allNamespaces: false };
  const all = (await findObjectsIfServed(cluster, viewOf('UpdateGuard'), query, session.signal)) as UpdateGuard[];
  const named = wanted === undefined ? all : all.filter(({ metadata }) => metadata.name === wanted);
  if (wanted !== undefined && named.length === 0) throw notFound(updateGuardKind, { namespace, name: wanted });
  const now = session.clock.now();
  const binding = named.filter((resource) => binds(resource, object, namespace, now) && fits(resource));
  const [first, second] = binding;
  if (first === undefined)
    throw new CliError(
      'NOT_FOUND',
      `no UpdateGuard in "${namespace}" namespace ${wanted === undefined ? 'selects' : 'of that name selects'} ImagePolicy ${policy}${missing}`,
    );
  if (second !== undefined)
    throw new CliError(
      'USAGE',
      `several guards are there (${binding.map(({ metadata }) => metadata.name).join(', ')}); name one with --guard`,
    );
  return first;
}

function binds(resource: UpdateGuard, policy: ImagePolicy, namespace: string, now: number): boolean {
  const known = { resource, compiled: compileGuard(resource, now) };
  const { guards, broken } = bindGuards([known], policy, namespace);
  return guards.length + broken.length > 0;
}

/** In git where the guard comes from git; else in the cluster, and it says so. */
async function write(
  guard: UpdateGuard,
  wish: Wish,
  change: (holds: readonly HoldEntry[]) => readonly HoldEntry[],
  tools: Tools,
): Promise<void> {
  const { cluster, target, session } = tools;
  const progress = createProgress(session.terminal);
  const owner = ownerOf(guard);
  if (owner === null) return writeInCluster(guard, change(guard.spec.holds ?? []), cluster, progress);
  await checkWriter(guard, formatKey(owner), tools);
  progress.action(
    `UpdateGuard ${guard.metadata.name} is applied from git by Kustomization ${formatKey(owner)}; asking for a commit`,
  );
  const order = { view: viewOf('UpdateGuard'), target: nameOf(guard), timeoutMs: target.timeoutMs };
  const answer = await askBot(cluster, order, wish, session);
  progress.success(answer.message);
  session.terminal.answer([answer.commit ?? '', ...(answer.files ?? []).map((file) => `  ${file}`)].join('\n'));
}

async function writeInCluster(
  guard: UpdateGuard,
  holds: readonly HoldEntry[],
  cluster: Cluster,
  progress: Progress,
): Promise<void> {
  const body = { spec: { holds: holds.length === 0 ? null : holds } };
  await cluster.patch({ ...updateGuardKind, ...nameOf(guard) }, body, { type: 'merge', fieldManager: 'tagalong-cli' });
  progress.success(`UpdateGuard ${guard.metadata.name} is not applied from git: it was changed in the cluster, and nowhere else`);
}

/** Nobody would answer where no automation writes the branch that the guard comes from. */
async function checkWriter(guard: UpdateGuard, owner: string, { cluster, session }: Tools): Promise<void> {
  const everywhere = { namespace: '', allNamespaces: true };
  const list = (kind: 'Kustomization' | 'GitRepository' | 'ImageUpdateAutomation') =>
    findObjects(cluster, viewOf(kind), everywhere, session.signal);
  const kustomization = (await list('Kustomization')).find((one) => keyOf(one) === owner) as Kustomization | undefined;
  const sources = (await list('GitRepository')) as GitRepository[];
  const automations = (await list('ImageUpdateAutomation')) as ImageUpdateAutomation[];
  const namespace = guard.metadata.namespace ?? '';
  if (kustomization !== undefined && findBranchWriter(kustomization, namespace, sources, automations) !== null) return;
  throw new CliError(
    'FAILED',
    `UpdateGuard ${guard.metadata.name} is applied from git by Kustomization ${owner}, and no ImageUpdateAutomation writes that branch; change spec.holds in its file by hand`,
  );
}
