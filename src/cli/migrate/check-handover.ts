import { servedKinds } from '../../api/index.ts';
import { type Cluster, type Difference, type KubeObject, keyOf, systemClock } from '../../core/index.ts';
import { checkDefinitions } from '../check/check-definitions.ts';
import { checkInstallation, findInstallation, type Installation } from '../check/check-installation.ts';
import { checkLeases } from '../check/check-leases.ts';
import { checkRights } from '../check/check-rights.ts';
import { checkWriters } from '../check/check-writers.ts';
import { bad, type Finding, good, note, warning } from '../check/finding.ts';
import { createSections } from '../check/sections.ts';
import type { ClusterOptions } from '../cluster-options.ts';
import { exitCode } from '../exit-code.ts';
import { findObjectsIfServed } from '../find-objects.ts';
import { viewOf } from '../kind-views.ts';
import type { ObservedObject } from '../observe/observation-book.ts';
import { observeOnce } from '../observe/observe-once.ts';
import { nameOfObserved } from '../observe/report.ts';
import { withCluster } from '../open-cluster.ts';
import { createProgress } from '../progress.ts';
import type { Session } from '../session.ts';
import { checkScope, partsToCome } from './check-scope.ts';
import { describeObstacle, findObstacles } from './find-obstacles.ts';
import type { Part } from './parts.ts';

/** Runs every check of a hand-over, also after one that failed, and ends with `failed` if it would change or break anything. */
export async function checkHandover(parts: readonly Part[], target: ClusterOptions, session: Session): Promise<void> {
  const { signal, clock } = session;
  const progress = createProgress(session.terminal);
  await withCluster(target, session, async (cluster) => {
    const { section, isFine } = createSections(progress);
    const installation = await findInstallation(cluster, target.namespace, signal).catch(() => ({ deployments: [] }));
    await section('definitions', async () => (await checkDefinitions(cluster, signal)).map(exceptOwn));
    await section('the installation', async () => checkInstallation(installation, target.namespace));
    await section('Leases', () => checkLeases(cluster, target.namespace, clock.now(), signal));
    await section('the scope of what is served', async () => checkScope(installation, parts, target.namespace));
    await section('rights', () => checkRightsOf(cluster, installation, parts, { namespace: target.namespace, signal }));
    await section('kinds that nobody would serve', () => checkOrphans(cluster, parts, signal));
    await section('who writes what', () => checkWriters(cluster, signal));
    await section('what waits for somebody', async () => {
      const obstacles = await findObstacles(cluster, parts, clock.now(), signal);
      return obstacles.length === 0 ? [good('nothing is held or waits')] : obstacles.map((one) => note(describeObstacle(one)));
    });
    await section('what tagalong would do, beside what was done', () => checkPlans(cluster, session));
    if (isFine()) return progress.success('nothing would change; `tagalong migrate plan` prints the commits');
    progress.failure('not yet: mend what is marked above, or leave that part with Flux');
    session.exitCode = exitCode.failed;
  });
}

/** Of each account for what it runs; where there is none yet, of whoever asks. */
async function checkRightsOf(
  cluster: Cluster,
  installation: Installation,
  parts: readonly Part[],
  order: { readonly namespace: string; readonly signal: AbortSignal },
): Promise<Finding[]> {
  const { deployments } = installation;
  const coming = partsToCome(deployments, parts);
  if (!deployments.some(({ controllers }) => controllers !== null))
    return checkRights(cluster, installation, { ...order, controllers: parts });
  const words = `no tagalong runs ${coming.join(', ')} yet: the commits of \`migrate plan\` bring the rights`;
  return [...(await checkRights(cluster, installation, order)), ...(coming.length > 0 ? [note(words)] : [])];
}

/** Those of tagalong.dev come with the commits of the plan: before these they are not there. */
function exceptOwn(finding: Finding): Finding {
  const isOwn = finding.level === 'bad' && /^\S+\.tagalong\.dev\/\S+ is missing/.test(finding.text);
  return isOwn ? note(`${finding.text.split(';')[0]}; the commits of \`migrate plan\` bring it`) : finding;
}

const sourceGroup = 'source.toolkit.fluxcd.io';
/** Kinds that only the controllers of the part serve; charts are made for HelmReleases. */
const kindsOfSource = ['Bucket', 'OCIRepository', 'HelmRepository', 'HelmChart'];

/** Objects whose Flux controller would stop, and that tagalong does not serve. */
async function checkOrphans(cluster: Cluster, parts: readonly Part[], signal: AbortSignal): Promise<Finding[]> {
  const kinds = parts.includes('source') ? kindsOfSource : [];
  const orphaned = kinds.filter((kind) => !servedKinds.some((served) => served.group === sourceGroup && served.kind === kind));
  const findings = await Promise.all(
    orphaned.map(async (kind) => {
      const { items } = await cluster.list({ group: sourceGroup, version: 'v1', kind }, { signal }).catch(() => ({ items: [] }));
      return items.length === 0
        ? []
        : [
            bad(
              `${items.length} ${kind}: source-controller of Flux serves them and tagalong does not; keep the part source with Flux`,
            ),
          ];
    }),
  );
  const found = findings.flat();
  return found.length > 0 ? found : [good('every object keeps its controller')];
}

/** Observes once. All parts are looked at: they build on each other. */
async function checkPlans(cluster: Cluster, session: Session): Promise<Finding[]> {
  return observeOnce(cluster, { clock: systemClock }, session, async (book, engine) => {
    const { seen } = book.objects(engine);
    const unread = engine.unread().map(({ kind, because }) => note(`${kind} is not looked at: ${because}`));
    const unproven = await findUnproven(cluster, session.signal);
    return [
      ...unread,
      ...seen.flatMap(judge),
      ...unproven,
      good(`${seen.length} objects were looked at, and nothing was written`),
    ];
  });
}

function judge(object: ObservedObject): Finding[] {
  const name = nameOfObserved(object);
  if (object.aside !== undefined) return [note(`${name}: ${object.aside}`)];
  return object.differences.map(({ kind, subject, message }) => {
    const where = subject === undefined ? '' : `${subject}: `;
    const look = kind === 'build' ? `; ${howToLook(object)}` : '';
    return (inMotion.has(kind) ? warning : bad)(`${name}: ${kind}: ${where}${message}${look}`);
  });
}

/** An older Flux leaves no digest: its builds are compared by dry runs alone. */
async function findUnproven(cluster: Cluster, signal: AbortSignal): Promise<Finding[]> {
  const everywhere = { namespace: '', allNamespaces: true };
  const found = await findObjectsIfServed(cluster, viewOf('Kustomization'), everywhere, signal);
  return found.filter(hasNoDigest).map((object) => {
    const name = `Kustomization/${keyOf(object)}`;
    return warning(`${name}: Flux left no digest of its build in status.history; only dry runs say that nothing would change`);
  });
}

function hasNoDigest(object: KubeObject): boolean {
  const { spec, status } = object as KubeObject & {
    spec?: { suspend?: boolean };
    status?: { lastAppliedRevision?: string; history?: readonly unknown[] };
  };
  return spec?.suspend !== true && status?.lastAppliedRevision !== undefined && (status.history ?? []).length === 0;
}

/** Flux keeps the digest of a build alone: both tools have to build the same checkout for a person to see what differs. */
function howToLook({ name, namespace }: ObservedObject): string {
  const command = `build kustomization ${name} --namespace ${namespace} --path FOLDER`;
  return `compare what \`tagalong ${command}\` and \`flux ${command}\` print, in a checkout of that commit`;
}

/** Something new that Flux has not come to yet: it settles by itself. */
const inMotion: ReadonlySet<Difference['kind']> = new Set(['source', 'listing']);
