import { activePause, pullRequestAnnotation, roleAnnotation } from '../../api/index.ts';
import { type Cluster, type Instant, type KubeObject, keyOf } from '../../core/index.ts';
import { findObjectsIfServed } from '../find-objects.ts';
import { conditionOf, viewOf } from '../kind-views.ts';
import type { Part } from './parts.ts';

/** What Flux would do at once where tagalong waits for somebody. */
export interface Obstacle {
  readonly object: KubeObject;
  readonly because: string;
}

const kindsOf: Readonly<
  Record<Part, readonly ('ImageRepository' | 'ImagePolicy' | 'ImageUpdateAutomation' | 'Kustomization')[]>
> = {
  image: ['ImageRepository', 'ImagePolicy', 'ImageUpdateAutomation'],
  source: [],
  kustomize: ['Kustomization'],
};

/** Every object of these parts, of all namespaces, at which something is held or waits, and that nobody suspended. */
export async function findObstacles(
  cluster: Cluster,
  parts: readonly Part[],
  now: Instant,
  signal: AbortSignal,
): Promise<Obstacle[]> {
  const kinds = parts.flatMap((part) => kindsOf[part]);
  const lists = await Promise.all(
    kinds.map((kind) => findObjectsIfServed(cluster, viewOf(kind), { namespace: '', allNamespaces: true }, signal)),
  );
  return lists.flat().flatMap((object) => {
    if ((object['spec'] as { suspend?: boolean } | undefined)?.suspend === true) return [];
    return reasonsAt(object, now).map((because) => ({ object, because }));
  });
}

function reasonsAt(object: KubeObject, now: Instant): string[] {
  const { annotations = {} } = object.metadata;
  const pause = activePause(object, now);
  const ready = conditionOf(object, 'Ready');
  return [
    ...linesOf(object, 'Held').map((line) => `Flux would write what was taken back: ${line}`),
    ...linesOf(object, 'Guarded').map((line) => `Flux knows no guards: ${line}`),
    ...(ready?.reason === 'PruneUnconfirmed' ? [`Flux would delete without asking: ${ready.message}`] : []),
    ...(ready?.reason === 'ListingDistrusted' ? [`Flux would believe the listing: ${ready.message}`] : []),
    ...(pause === null
      ? []
      : [`Flux knows no pause: ${object.metadata.name} is paused until ${new Date(pause.untilMs).toISOString()}`]),
    ...(annotations[roleAnnotation] === 'observer' ? ['Flux would write for it: it only observes here'] : []),
    ...(annotations[pullRequestAnnotation] === undefined ? [] : ['Flux opens no pull requests: it would push to the branch']),
  ];
}

function linesOf(object: KubeObject, type: string): string[] {
  const condition = conditionOf(object, type);
  return condition?.status === 'True' ? condition.message.split('\n') : [];
}

/** `ImageUpdateAutomation flux-system/web: …`. */
export function describeObstacle({ object, because }: Obstacle): string {
  return `${object.kind} ${keyOf(object)}: ${because}`;
}
