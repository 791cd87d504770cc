import { formatOfName, type SopsFormat } from '../sops/index.ts';

/** One path that a kustomization file (or a plugin's configuration) hands to kustomize. */
export interface PathEntry {
  /** Where it stands, for messages: `resources[2]`. */
  readonly field: string;
  readonly path: string;
  /** What kustomize does with it: builds a folder or reads objects, runs objects as plugins, or reads the file as it is. */
  readonly use: 'resource' | 'plugin' | 'file';
  /** Text that may be YAML itself instead of a path. */
  readonly mayBeInline: boolean;
  /** The format in which a file is decrypted before kustomize reads it; absent where Flux leaves it as it is. */
  readonly sops?: SopsFormat;
}

export interface PathsOf {
  readonly entries: readonly PathEntry[];
  /** What is never done here, as sentences. */
  readonly refusals: readonly string[];
}

const resourceFields: readonly string[] = ['resources', 'bases', 'components'];
const pluginFields: readonly string[] = ['generators', 'transformers', 'validators'];
const fileFields: readonly string[] = ['crds', 'configurations'];
const helmFields: readonly string[] = ['helmCharts', 'helmChartInflationGenerator'];

/** Every path that a kustomization names. */
export function pathsOfKustomization(kustomization: unknown): PathsOf {
  const entries = [
    ...resourceFields.flatMap((field) => texts(kustomization, field, 'resource', false)),
    ...pluginFields.flatMap((field) => texts(kustomization, field, 'plugin', true)),
    ...fileFields.flatMap((field) => texts(kustomization, field, 'file', false)),
    ...texts(kustomization, 'patchesStrategicMerge', 'file', true),
    ...pathsOfItems(kustomization, 'patches').map((entry) => ({ ...entry, sops: formatOfName(entry.path) })),
    ...['patchesJson6902', 'replacements'].flatMap((field) => pathsOfItems(kustomization, field)),
    ...sourcesOfItems(kustomization, 'configMapGenerator').map(({ sops: _, ...entry }) => entry),
    ...sourcesOfItems(kustomization, 'secretGenerator'),
    ...fields(kustomization, 'openapi').flatMap((openapi) => texts(openapi, 'path', 'file', false, 'openapi.')),
  ];
  const refusals = helmFields
    .filter((field) => fields(kustomization, field).some(isFilled))
    .map((field) => `${field}: charts are not rendered here; use a HelmRelease or commit the rendered manifests`);
  return { entries, refusals };
}

/** Every path that the configuration of a plugin names; only kustomize's own plugins are run. */
export function pathsOfPlugin(plugin: unknown): PathsOf {
  const [kind] = fields(plugin, 'kind');
  const [apiVersion] = fields(plugin, 'apiVersion');
  const annotations = fields(plugin, 'metadata').flatMap((metadata) => fields(metadata, 'annotations'));
  const isFunction = annotations.some(
    (map) => isObject(map) && Object.keys(map).some((key) => /^config\.(kubernetes|k8s)\.io\/function$/i.test(key)),
  );
  if (isFunction || apiVersion !== 'builtin')
    return {
      entries: [],
      refusals: [
        `${String(kind)} (${String(apiVersion)}): plugins and functions are never run, only kustomize's own (apiVersion builtin)`,
      ],
    };
  if (String(kind).toLowerCase().includes('helm'))
    return {
      entries: [],
      refusals: [`${String(kind)}: charts are not rendered here; use a HelmRelease or commit the rendered manifests`],
    };
  return {
    entries: [
      ...texts(plugin, 'path', 'file', false),
      ...texts(plugin, 'paths', 'file', true),
      ...pathsOfItems(plugin, 'replacements'),
      ...sourcesOf(plugin, ''),
    ],
    refusals: [],
  };
}

function pathsOfItems(owner: unknown, field: string): PathEntry[] {
  return items(owner, field).flatMap((item, index) => texts(item, 'path', 'file', false, `${field}[${index}].`));
}

function sourcesOfItems(owner: unknown, field: string): PathEntry[] {
  return items(owner, field).flatMap((item, index) => sourcesOf(item, `${field}[${index}].`));
}

/** A file is of the format that its key says, or else its name; variables are dotenv unless their name says otherwise. */
function sourcesOf(generator: unknown, prefix: string): PathEntry[] {
  const files = texts(generator, 'files', 'file', false, prefix).map((entry) => ({
    ...entry,
    path: withoutKey(entry.path),
    sops: formatOfName(entry.path.split('=', 1)[0] ?? ''),
  }));
  const variables = ['envs', 'env'].flatMap((field) => texts(generator, field, 'file', false, prefix));
  return [...files, ...variables.map((entry) => ({ ...entry, sops: formatOfVariables(entry.path) }))];
}

function formatOfVariables(path: string): SopsFormat {
  const format = formatOfName(path);
  return format === 'binary' ? 'dotenv' : format;
}

/** `key=path` or `path`. */
function withoutKey(source: string): string {
  return source.slice(source.indexOf('=') + 1);
}

function texts(owner: unknown, field: string, use: PathEntry['use'], mayBeInline: boolean, prefix = ''): PathEntry[] {
  const found = fields(owner, field).flatMap((value) => (Array.isArray(value) ? value : [value]));
  return found.flatMap((path, index) =>
    typeof path === 'string' && path !== '' ? [{ field: `${prefix}${field}[${index}]`, path, use, mayBeInline }] : [],
  );
}

function items(owner: unknown, field: string): unknown[] {
  return fields(owner, field).flatMap((value) => (Array.isArray(value) ? value : [value]));
}

/** kustomize decodes field names whatever their case, so a name in other letters must not slip through. */
function fields(owner: unknown, name: string): unknown[] {
  if (!isObject(owner)) return [];
  return Object.entries(owner).flatMap(([key, value]) => (key.toLowerCase() === name.toLowerCase() ? [value] : []));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFilled(value: unknown): boolean {
  return value !== null && !(Array.isArray(value) && value.length === 0);
}
