import { createHash } from 'node:crypto';
import type { KubeObject, OwnerReference } from '../../core/index.ts';
import { canonicalJson, objectAt, textAt } from '../json/json.ts';

/** A short name of a pod template's content: the same content gives the same name, at any time. */
export function hashTemplate(owner: KubeObject): string {
  const template = canonicalJson(objectAt(owner, 'spec', 'template'));
  return createHash('sha256').update(template).digest('hex').slice(0, 10);
}

export function controlledBy(owner: KubeObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true };
}

export interface PodNaming {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A pod made from its owner's template, already on the one node that there is. */
export function createPod(owner: KubeObject, { name, labels = {} }: PodNaming): KubeObject {
  const template = objectAt(owner, 'spec', 'template');
  const { namespace = '' } = owner.metadata;
  const own = objectAt(template, 'metadata');
  const metadata = {
    ...(name === undefined ? { generateName: `${owner.metadata.name}-` } : { name }),
    namespace,
    labels: { ...objectAt(own, 'labels'), ...labels },
    ...(own['annotations'] !== undefined && { annotations: own['annotations'] }),
    ownerReferences: [controlledBy(owner)],
  };
  const spec = structuredClone({ ...objectAt(template, 'spec'), nodeName: nodeOf(template) });
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec } as unknown as KubeObject;
}

function nodeOf(template: unknown): string {
  return textAt(template, 'spec', 'nodeName') || 'simulated';
}

export function isReady(pod: KubeObject): boolean {
  const conditions = objectAt(pod, 'status')['conditions'];
  return (
    Array.isArray(conditions) &&
    conditions.some((condition) => textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True')
  );
}

/** Pods that ended do not count for their owners any more. */
export function isActive(pod: KubeObject): boolean {
  const phase = textAt(pod, 'status', 'phase');
  return phase !== 'Succeeded' && phase !== 'Failed';
}
