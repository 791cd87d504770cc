import {
  type GitRepository,
  gitRepositoryKind,
  type ImagePolicy,
  type ImageUpdateAutomation,
  imagePolicyKind,
  imageUpdateAutomationKind,
  matchesSelector,
  roleAnnotation,
} from '../../api/index.ts';
import { type Cluster, formatKey, keyOf } from '../../core/index.ts';
import { remoteKey } from '../../git/index.ts';
import { bad, type Finding, good } from './finding.ts';

/** Where an automation writes. */
interface Writer {
  readonly key: string;
  readonly remote: string;
  readonly branch: string;
  /** Below the root, with a slash at its end; '' is all of it. */
  readonly path: string;
  /** Keys of the policies that it writes for. */
  readonly policies: ReadonlySet<string>;
}

/** Two automations that write the same markers undo each other's commits, or make each twice. */
export async function checkWriters(cluster: Cluster, signal: AbortSignal): Promise<Finding[]> {
  const list = async (kind: typeof imagePolicyKind | typeof gitRepositoryKind | typeof imageUpdateAutomationKind) =>
    (await cluster.list(kind, { signal })).items;
  const [automations, policies, sources] = await Promise.all([
    list(imageUpdateAutomationKind),
    list(imagePolicyKind),
    list(gitRepositoryKind),
  ]);
  const writers = (automations as ImageUpdateAutomation[]).flatMap((automation) =>
    writerOf(automation, policies as ImagePolicy[], sources as GitRepository[]),
  );
  const clashes = writers.flatMap((writer, index) => writers.slice(index + 1).flatMap((other) => describeClash(writer, other)));
  return clashes.length > 0 ? clashes.map(bad) : [good(`${writers.length} automations write, none where another does`)];
}

function writerOf(
  automation: ImageUpdateAutomation,
  policies: readonly ImagePolicy[],
  sources: readonly GitRepository[],
): Writer[] {
  const { metadata, spec } = automation;
  const isObserver = metadata.annotations?.[roleAnnotation] === 'observer';
  if (isObserver || spec.suspend === true) return [];
  const { name, namespace = metadata.namespace ?? '' } = spec.sourceRef;
  const source = sources.find((candidate) => keyOf(candidate) === formatKey({ namespace, name }));
  if (source === undefined) return [];
  const base = spec.git?.checkout?.ref.branch ?? source.spec.ref?.branch ?? 'master';
  const selected = policies.filter(
    (policy) =>
      policy.metadata.namespace === metadata.namespace && matchesSelector(policy.metadata.labels ?? {}, spec.policySelector),
  );
  return [
    {
      ...{ key: keyOf(automation), remote: remoteKey(source.spec.url), branch: spec.git?.push?.branch ?? base },
      path: normalise(spec.update?.path ?? ''),
      policies: new Set(selected.map(keyOf)),
    },
  ];
}

function normalise(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 ? '' : `${parts.join('/')}/`;
}

function describeClash(one: Writer, other: Writer): string[] {
  if (one.remote !== other.remote || one.branch !== other.branch) return [];
  const nested = one.path.startsWith(other.path) ? one.path : other.path.startsWith(one.path) ? other.path : null;
  const shared = one.policies.intersection(other.policies);
  if (nested === null || shared.size === 0) return [];
  const where = nested === '' ? 'the whole repository' : nested;
  return [
    `ImageUpdateAutomations ${one.key} and ${other.key} both write ${where} of ${one.remote}, branch ${one.branch}, for ${[...shared].join(', ')}; give one of them the annotation ${roleAnnotation}: observer`,
  ];
}
