import { formatKey, type KubeObject, type NamespacedName } from '../core/index.ts';
import { isMap } from './json.ts';

export type DependencyDecision = { readonly do: 'ready' } | { readonly do: 'wait'; readonly because: string };

/** Who waits for whom: key (`ns/name`) → keys. */
export type DependencyGraph = ReadonlyMap<string, readonly string[]>;

/** A cycle as its path, first and last the same (`a`, `b`, `a`), or null. Always the same one for the same graph. */
export function findCycle(graph: DependencyGraph): string[] | null {
  const finished = new Set<string>();
  for (const start of [...graph.keys()].toSorted()) {
    const cycle = findCycleFrom(start, { graph, finished });
    if (cycle !== null) return cycle;
  }
  return null;
}

/** The cycle that runs through `start`, or null: the others on it are each told about it by their own reconcile. */
export function findCycleThrough(start: string, graph: DependencyGraph): string[] | null {
  const cycle = findCycleFrom(start, { graph, finished: new Set(), target: start });
  return cycle;
}

interface Search {
  readonly graph: DependencyGraph;
  /** From these no cycle is reached. */
  readonly finished: Set<string>;
  /** Only a cycle back to this one counts. */
  readonly target?: string;
}

// Depth first with a stack of its own: a long chain must not exhaust the call stack.
function findCycleFrom(start: string, { graph, finished, target }: Search): string[] | null {
  const path: string[] = [];
  const stack: { key: string; next: number }[] = [];
  const enter = (key: string) => {
    path.push(key);
    stack.push({ key, next: 0 });
  };
  if (!finished.has(start)) enter(start);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const dependency = graph.get(top.key)?.[top.next];
    top.next += 1;
    if (dependency === undefined) {
      finished.add(top.key);
      stack.pop();
      path.pop();
      continue;
    }
    const position = path.indexOf(dependency);
    if (position >= 0 && (target === undefined || dependency === target)) return [...path.slice(position), dependency];
    if (position < 0 && !finished.has(dependency)) enter(dependency);
  }
  return null;
}

/** Dependencies of a Kustomization as the graph has them; the default namespace is its own. */
export function dependencyKeys(kustomization: KubeObject): string[] {
  return dependencyRefs(kustomization).map(formatKey);
}

export function dependencyRefs(kustomization: KubeObject): NamespacedName[] {
  const { dependsOn } = specOf(kustomization);
  if (!Array.isArray(dependsOn)) return [];
  const namespace = kustomization.metadata.namespace ?? '';
  return dependsOn
    .filter(isMap)
    .map((entry) => ({ namespace: String(entry['namespace'] || namespace), name: String(entry['name']) }));
}

/** `spec.dependsOn[index].readyExpr`, or null. */
export function readyExpressionOf(kustomization: KubeObject, index: number): string | null {
  const { dependsOn } = specOf(kustomization);
  const entry: unknown = Array.isArray(dependsOn) ? dependsOn.filter(isMap)[index] : undefined;
  return isMap(entry) && typeof entry['readyExpr'] === 'string' && entry['readyExpr'] !== '' ? entry['readyExpr'] : null;
}

/** Whether a dependency that exists is ready for `self`, whose source's artifact is at `artifactRevision`. */
export function dependencyReady(self: KubeObject, dependency: KubeObject, artifactRevision: string): DependencyDecision {
  const what = `dependency '${formatKey({ namespace: dependency.metadata.namespace ?? '', name: dependency.metadata.name })}'`;
  const status = isMap(dependency['status']) ? dependency['status'] : {};
  const conditions = Array.isArray(status['conditions']) ? status['conditions'].filter(isMap) : [];
  const ready = conditions.find((condition) => condition['type'] === 'Ready');
  const isCurrent =
    dependency.metadata.generation === undefined || status['observedGeneration'] === dependency.metadata.generation;
  if (!isCurrent || ready?.['status'] !== 'True') return { do: 'wait', because: `${what} is not ready` };
  if (sourceKey(self) === sourceKey(dependency) && status['lastAppliedRevision'] !== artifactRevision)
    return { do: 'wait', because: `${what} revision is not up to date` };
  return { do: 'ready' };
}

/** What stands in the condition when a dependency does not exist. */
export function dependencyNotFound(dependency: NamespacedName): string {
  return `dependency '${formatKey(dependency)}' not found: kustomizations.kustomize.toolkit.fluxcd.io "${dependency.name}" not found`;
}

function sourceKey(kustomization: KubeObject): string {
  const sourceRef = specOf(kustomization)['sourceRef'];
  const { kind, name, namespace } = isMap(sourceRef) ? sourceRef : {};
  return JSON.stringify([kind, namespace || kustomization.metadata.namespace, name]);
}

function specOf(kustomization: KubeObject): { readonly [field: string]: unknown } {
  return isMap(kustomization['spec']) ? kustomization['spec'] : {};
}
