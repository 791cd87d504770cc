import {
  findSelectorProblem,
  findServedKind,
  type ImagePolicy,
  type ImageRepository,
  type ImageUpdateAutomation,
  imagePolicyKind,
  imageRepositoryKind,
  imageUpdateAutomationKind,
  type Kustomization,
  kustomizationKind,
  matchesSelector,
  onRevertAnnotation,
  parseResource,
  type Resource,
  releaseAnnotation,
} from '../api/index.ts';
import { type FileProblem, type Hold, type KubeObject, keyOf } from '../core/index.ts';
import { isReleasedBy } from '../hold/index.ts';
import type { PolicyObject } from '../policies/index.ts';

/** A resource and where it stands. */
export interface Placed<Kind extends KubeObject> {
  readonly file: string;
  readonly line: number;
  readonly object: Kind;
}

export interface UpdateResources {
  readonly repositories: readonly Placed<ImageRepository>[];
  readonly policies: readonly Placed<ImagePolicy>[];
  readonly automations: readonly Placed<ImageUpdateAutomation>[];
  readonly kustomizations: readonly Kustomization[];
  readonly secrets: readonly KubeObject[];
}

/** The part of the folder that one automation writes, and the policies that it obeys. */
export interface Scope {
  /** The automation, and where it stands; without automations nobody. */
  readonly automation?: Placed<ImageUpdateAutomation>;
  readonly namespace: string;
  /** '' is the whole folder. */
  readonly path: string;
  takes(policy: ImagePolicy): boolean;
  /** Writes also what was taken back. */
  readonly ignoresHolds: boolean;
  /** Whether a person released it. */
  releases(hold: Pick<Hold, 'policy' | 'by'>): boolean;
}

/** What an update needs out of a folder of policies, with the defaults of the API filled in. */
export function sortResources(objects: readonly PolicyObject[]): UpdateResources {
  const typed = objects.flatMap(({ file, line, object }) => {
    const served = findServedKind(object);
    return served === null ? [] : [{ file, line, object: parseResource(served.kind, object) as Resource }];
  });
  const ofKind = <Kind extends Resource>({ kind }: { kind: Kind['kind'] }) =>
    typed.filter((placed): placed is Placed<Kind> => placed.object.kind === kind);
  return {
    repositories: ofKind<ImageRepository>(imageRepositoryKind),
    policies: ofKind<ImagePolicy>(imagePolicyKind),
    automations: ofKind<ImageUpdateAutomation>(imageUpdateAutomationKind),
    kustomizations: ofKind<Kustomization>(kustomizationKind).map(({ object }) => object),
    secrets: objects.map(({ object }) => object).filter(({ apiVersion, kind }) => apiVersion === 'v1' && kind === 'Secret'),
  };
}

/** One scope an automation; without automations, one a namespace of policies over the whole folder. */
export function findScopes(
  { automations, policies }: UpdateResources,
  folder: string,
  ignoresHolds: boolean,
): {
  readonly scopes: readonly Scope[];
  readonly problems: readonly FileProblem[];
  readonly notes: readonly FileProblem[];
} {
  if (automations.length === 0) {
    const namespaces = new Set(policies.map(({ object }) => object.metadata.namespace ?? ''));
    const everything = { path: '', takes: () => true, ignoresHolds, releases: () => false };
    return { scopes: [...namespaces].map((namespace) => ({ namespace, ...everything })), problems: [], notes: [] };
  }
  const scopes: Scope[] = [];
  const problems: FileProblem[] = [];
  const notes: FileProblem[] = [];
  for (const { file, line, object } of automations) {
    const name = `ImageUpdateAutomation ${keyOf(object)}`;
    const path = cleanPath(object.spec.update.path ?? '');
    const selectorProblem = findSelectorProblem(object.spec.policySelector);
    if (object.spec.suspend === true) notes.push({ file, line, message: `${name} is suspended; it updates nothing` });
    else if (path === null)
      problems.push({ file, line, message: `${name}: spec.update.path '${object.spec.update.path}' leaves ${folder}` });
    else if (selectorProblem !== null) problems.push({ file, line, message: `${name}: spec.policySelector: ${selectorProblem}` });
    else scopes.push({ ...scopeOf(object, path, ignoresHolds), automation: { file, line, object } });
  }
  return { scopes, problems, notes };
}

function scopeOf({ metadata, spec }: ImageUpdateAutomation, path: string, ignoresHolds: boolean): Scope {
  const { [onRevertAnnotation]: onRevert, [releaseAnnotation]: released } = metadata.annotations ?? {};
  return {
    namespace: metadata.namespace ?? '',
    path,
    takes: (policy) => matchesSelector(policy.metadata.labels ?? {}, spec.policySelector),
    ignoresHolds: ignoresHolds || onRevert === 'rebump',
    releases: (hold) => isReleasedBy(released, hold, undefined),
  };
}

/** Of scopes without a marker in the folder: most likely the folder is not the root of their repository. */
export function findEmptyScopes(
  scopes: readonly Scope[],
  files: readonly { readonly path: string }[],
  folder: string,
): FileProblem[] {
  return scopes.flatMap(({ automation, path }) => {
    if (automation === undefined || path === '' || files.some((file) => `${file.path}/`.startsWith(`${path}/`))) return [];
    const { file, line, object } = automation;
    const message = `ImageUpdateAutomation ${keyOf(object)} writes below ${path}/ (spec.update.path), and ${folder} has no marker there; --path has to be the root of the repository`;
    return [{ file, line, message }];
  });
}

/** The path without `.` and `..`; null when it leaves the folder. */
function cleanPath(path: string): string | null {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') segments.push(segment);
    else if (segments.pop() === undefined) return null;
  }
  return segments.join('/');
}
