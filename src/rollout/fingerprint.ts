import { createHash } from 'node:crypto';
import type { KubeObject } from '../core/index.ts';

/** What of a workload may change without anybody having changed it, or belongs to somebody else. */
const volatileAnnotations = new Set(['kubectl.kubernetes.io/restartedAt']);
const volatileLabels = new Set(['pod-template-hash', 'controller-revision-hash']);

/**
 * What a workload is made of but for the image: `<pod template>.<the rest of spec>`, two digests. `masks` are the values that the bump
 * itself changes (old and new), wherever they stand.
 */
export function fingerprintOf(workload: KubeObject, masks: readonly string[]): string {
  const { template, replicas: _, ...rest } = specOf(workload);
  const nested = (rest['jobTemplate'] as { spec?: { template?: unknown } } | undefined)?.spec?.template;
  return `${digest(clean(template ?? nested ?? null), masks)}.${digest(rest, masks)}`;
}

/** Only the pod template: what a ReplicaSet keeps of an older Deployment. */
export function templateFingerprint(workload: KubeObject, masks: readonly string[]): string {
  return fingerprintOf(workload, masks).split('.')[0] ?? '';
}

/** Every value that stands for the old or the new version in what the bump changed. */
export function masksOf(
  changes: readonly { readonly from: string; readonly to: string }[],
  image: { readonly name: string },
): string[] {
  const values = changes.flatMap(({ from, to }) => [from, to]).filter((value) => value !== '' && value !== image.name);
  const whole = values.filter((value) => !value.includes('/')).map((tag) => `${image.name}:${tag}`);
  return [...new Set([...values, ...whole])];
}

interface Spec {
  readonly template?: unknown;
  readonly replicas?: unknown;
  readonly [field: string]: unknown;
}

function specOf(workload: KubeObject): Spec {
  return (workload['spec'] as Spec | undefined) ?? {};
}

function clean(template: unknown): unknown {
  if (typeof template !== 'object' || template === null) return template;
  const { metadata, ...rest } = template as { metadata?: Record<string, unknown> };
  const { labels, annotations, creationTimestamp: _, ...meta } = metadata ?? {};
  return {
    ...rest,
    metadata: { ...meta, labels: without(labels, volatileLabels), annotations: without(annotations, volatileAnnotations) },
  };
}

function without(map: unknown, names: ReadonlySet<string>): unknown {
  return Object.fromEntries(
    Object.entries((map as Record<string, unknown> | undefined) ?? {}).filter(([name]) => !names.has(name)),
  );
}

function digest(value: unknown, masks: readonly string[]): string {
  const masked = new Set(masks);
  const text = JSON.stringify(value, (_, field: unknown) => {
    if (typeof field === 'string') return masked.has(field) ? '(image)' : field;
    return isMap(field) ? Object.fromEntries(Object.entries(field).toSorted(([a], [b]) => (a < b ? -1 : 1))) : field;
  });
  return createHash('sha256')
    .update(text ?? '')
    .digest('hex')
    .slice(0, 16);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
