import { type GitRepository, gitRepositoryKind, type Kustomization, kustomizationKind } from '../../api/index.ts';
import { type Cluster, formatKey } from '../../core/index.ts';
import type { Engine } from '../../engine/index.ts';
import { type PlannedBump, sourceRefOf } from '../../reconcilers/index.ts';
import { createGitArtifact } from '../../source/index.ts';
import { cleanLine, cleanText } from '../clean-text.ts';
import type { ClusterOptions } from '../cluster-options.ts';
import type { ObservationBook, ObservedObject } from '../observe/observation-book.ts';
import { observeOnce } from '../observe/observe-once.ts';
import { nameOfObserved } from '../observe/report.ts';
import { withCluster } from '../open-cluster.ts';
import { formatValue } from '../print-objects.ts';
import { createProgress } from '../progress.ts';
import type { Session } from '../session.ts';
import { unifiedDiff } from '../unified-diff.ts';
import { describeRollout, type PlannedRollout, planRollout } from './plan-rollout.ts';

/** What one automation would commit, and what that would roll out. */
interface PlannedCommit {
  readonly automation: string;
  readonly branch: string;
  readonly byRequest: boolean;
  readonly diff: string;
  readonly rollouts: readonly PlannedRollout[];
}

/** Looks at a cluster as `run --observe` does, once, and prints what the next runs would commit and roll out. Nothing is written there. */
export async function planOnCluster(output: 'json' | undefined, target: ClusterOptions, session: Session): Promise<void> {
  await withCluster(target, session, async (home) => {
    const bumps = new Map<string, PlannedBump>();
    const options: Parameters<typeof observeOnce>[1] = {
      clock: session.clock,
      controllers: ['image', 'source', 'kustomize'],
      onPlanned: (planned) => void bumps.set(formatKey(planned.automation), planned),
    };
    await observeOnce(home, options, session, async (book, engine) => {
      const commits: PlannedCommit[] = [];
      for (const bump of bumps.values()) commits.push(await planCommit(bump, home, session));
      print(commits, book, engine, output, session);
    });
  });
}

async function planCommit(bump: PlannedBump, home: Cluster, session: Session): Promise<PlannedCommit> {
  const { automation, branch, byRequest, mirror, head, commit, source } = bump;
  const diffs: string[] = [];
  for (const { path, before, after } of await mirror.diff(head, commit)) {
    const [old, made] = await Promise.all(
      [before, after].map(async (side) => (side === null ? '' : `${await mirror.blob(side.oid)}`)),
    );
    diffs.push(unifiedDiff(path, old ?? '', made ?? ''));
  }
  const repository = (await home.get({ ...gitRepositoryKind, ...source }, session.signal)) as GitRepository | null;
  const artifactAt = (oid: string) => createGitArtifact(mirror, oid, `${branch}@sha1:${oid}`, repository?.spec.ignore);
  const { items } = await home.list(kustomizationKind, { signal: session.signal });
  const kustomizations = (items as Kustomization[]).filter((one) => isFrom(one, source));
  const question = { kustomizations, before: artifactAt(head), after: artifactAt(commit), home };
  return {
    automation: formatKey(automation),
    branch,
    byRequest,
    diff: diffs.join('\n'),
    rollouts: await planRollout(question, session),
  };
}

function isFrom(kustomization: Kustomization, source: PlannedBump['source']): boolean {
  const ref = sourceRefOf(kustomization);
  return ref.kind === 'GitRepository' && formatKey(ref) === formatKey(source) && kustomization.spec.suspend !== true;
}

function print(
  commits: readonly PlannedCommit[],
  book: ObservationBook,
  engine: Engine,
  output: 'json' | undefined,
  { terminal }: Session,
): void {
  const { seen, waiting } = book.objects(engine);
  const unread = engine.unread();
  const others = seen.map(withoutEdits).filter(({ differences, aside }) => differences.length > 0 || aside !== undefined);
  if (output === 'json') return terminal.answer(formatValue({ commits, objects: others, waiting, unread }, 'json'));
  const progress = createProgress(terminal);
  for (const commit of commits) terminal.answer(cleanText(describeCommit(commit).join('\n')));
  for (const object of others) for (const line of describeOther(object)) terminal.answer(line);
  for (const { kind, because } of unread) progress.warning(`${kind}: not read: ${because}`);
  if (waiting > 0) progress.warning(`${waiting} objects were not looked at`);
  if (commits.length === 0 && others.length === 0) terminal.note('nothing to do');
}

function describeCommit({ automation, branch, byRequest, diff, rollouts }: PlannedCommit): string[] {
  const how = byRequest ? 'would ask by pull request for' : `would commit to ${branch}`;
  return [`► ImageUpdateAutomation ${automation} ${how}`, diff.trimEnd(), ...rollouts.flatMap(describeRollout)];
}

/** What is committed stands in the diff. */
function withoutEdits(object: ObservedObject): ObservedObject {
  return { ...object, differences: object.differences.filter(({ kind }) => kind !== 'edit') };
}

function describeOther(object: ObservedObject): string[] {
  const name = nameOfObserved(object);
  if (object.aside !== undefined) return [`► ${name}: ${cleanLine(object.aside)}`];
  const lines = object.differences.map(
    ({ subject, message }) => `    ${subject === undefined ? '' : `${cleanLine(subject)}: `}${cleanLine(message)}`,
  );
  return [`► ${name}`, ...lines];
}
