import { servedKinds } from '../../../src/api/index.ts';

/** How flux calls a kind, and what it says when a run of the sample's object went well. */
export interface FluxKind {
  readonly kind: string;
  /** Behind `reconcile`, `suspend`, `resume`, `export`, `create`, `delete`. */
  readonly words: readonly string[];
  /** Behind `get`. */
  readonly plural: readonly string[];
  /** An object of the demo's stage; absent where it has none of the kind. */
  readonly sample?: { readonly name: string; readonly success: RegExp };
}

const every: readonly FluxKind[] = [
  {
    kind: 'GitRepository',
    words: ['source', 'git'],
    plural: ['sources', 'git'],
    sample: { name: 'sample', success: /✔ fetched revision main@sha1:[0-9a-f]{40}/ },
  },
  {
    kind: 'Kustomization',
    words: ['kustomization'],
    plural: ['kustomizations'],
    sample: { name: 'apps', success: /✔ applied revision main@sha1:[0-9a-f]{40}/ },
  },
  {
    kind: 'ImageRepository',
    words: ['image', 'repository'],
    plural: ['images', 'repository'],
    sample: { name: 'web', success: /✔ scan fetched 1 tags/ },
  },
  {
    kind: 'ImagePolicy',
    words: ['image', 'policy'],
    plural: ['images', 'policy'],
    sample: { name: 'web', success: /✔ selected ref \S+\/web:1\.0\.0/ },
  },
  {
    kind: 'ImageUpdateAutomation',
    words: ['image', 'update'],
    plural: ['images', 'update'],
    sample: { name: 'sample', success: /✔ repository up-to-date/ },
  },
  { kind: 'OCIRepository', words: ['source', 'oci'], plural: ['sources', 'oci'] },
  { kind: 'Bucket', words: ['source', 'bucket'], plural: ['sources', 'bucket'] },
  { kind: 'ExternalArtifact', words: ['source', 'external'], plural: ['sources', 'external'] },
  { kind: 'HelmRepository', words: ['source', 'helm'], plural: ['sources', 'helm'] },
  { kind: 'HelmChart', words: ['source', 'chart'], plural: ['sources', 'chart'] },
  { kind: 'HelmRelease', words: ['helmrelease'], plural: ['helmreleases'] },
  { kind: 'Receiver', words: ['receiver'], plural: ['receivers'] },
  { kind: 'Provider', words: ['alert-provider'], plural: ['alert-providers'] },
  { kind: 'Alert', words: ['alert'], plural: ['alerts'] },
];

const served = new Set<string>(servedKinds.map(({ kind }) => kind));

/** The kinds that flux knows and that are served. */
export const fluxKinds = every.filter(({ kind }) => served.has(kind));

/** Those of which the stage has an object. */
export const sampleKinds = fluxKinds.filter((kind): kind is Required<FluxKind> => kind.sample !== undefined);
