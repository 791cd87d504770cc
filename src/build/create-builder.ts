import { createHash } from 'node:crypto';
import type { Artifact, ArtifactFile, FileProblem, KubeObject, Log } from '../core/index.ts';
import type { Decryption } from '../decrypt/index.ts';
import { type BuildAdditions, checkAdditions, isAdding } from './additions.ts';
import { parseBuildPath } from './artifact-path.ts';
import { type BuildDecryption, withDecryption, withoutRevealed } from './build-decryption.ts';
import { type BuildLimits, defaultBuildLimits } from './build-limits.ts';
import type { Build, BuiltObject } from './built-object.ts';
import { findDuplicates } from './check-duplicates.ts';
import { checkKustomizations, type KustomizationInputs } from './check-kustomization.ts';
import { BuildError } from './error.ts';
import type { KustomizeCommand } from './find-kustomize.ts';
import { findManifests, type Manifests } from './find-manifests.ts';
import { formatYaml } from './format-yaml.ts';
import { createManifestReader } from './manifest-reader.ts';
import { planKustomizationFile } from './plan-kustomization-file.ts';
import type { ObjectsOfFile } from './read-objects.ts';
import { Recent } from './recent.ts';
import { runKustomize } from './run-kustomize.ts';
import { type Substitution, substituteObjects, substitutionKey } from './substitute-objects.ts';
import { createTurns } from './turns.ts';

export interface BuilderOptions {
  /** Where kustomize is; asked when a path needs it. Null says that there is none. */
  readonly kustomize: () => KustomizeCommand | null;
  readonly log: Log;
  /** How many builds are kept. */
  readonly cacheEntries?: number;
  readonly limits?: Partial<BuildLimits>;
}

export interface BuildRequest {
  readonly artifact: Artifact;
  /** `spec.path`. */
  readonly path: string | undefined;
  /** What the spec adds to the path's kustomization file. */
  readonly additions?: BuildAdditions;
  /** Absent or null: texts stay as they are. */
  readonly substitution?: Substitution | null;
  /** Absent or null: what is encrypted stays so. */
  readonly decryption?: Decryption | null;
  readonly signal: AbortSignal;
}

export interface Builder {
  /**
   * The objects that a path of an artifact yields, as Flux would build them. The same content is built once. Throws `BuildError`; all
   * problems of all files are in its message. A path that yields nothing is an error: an empty build must never prune everything.
   */
  build(request: BuildRequest): Promise<Build>;
  /** Lets go of everything that is remembered: it is built again. */
  forget(): void;
  /** How many builds were made rather than remembered. */
  readonly built: number;
}

/** Goes into every cache key: raised when the same input yields something else than before. */
const builderVersion = 2;
const filesRemembered = 4096;

/** A builder with caches of its own: whole builds by what they read, and parsed files by their content. */
export function createBuilder(options: BuilderOptions): Builder {
  const limits = { ...defaultBuildLimits, ...options.limits };
  const builds = new Recent<Promise<Build>>(options.cacheEntries ?? 64);
  const parsed = new Recent<ObjectsOfFile>(filesRemembered);
  const readManifest = createManifestReader(limits);
  let built = 0;

  async function build(request: BuildRequest): Promise<Build> {
    const plain = await buildPlain(request);
    const { substitution = null } = request;
    if (substitution === null) return plain;
    const key = `${plain.key} ${substitutionKey(substitution)}`;
    return remember(key, () => substituted(plain, substitution, key));
  }

  async function substituted({ objects, revealed }: Build, substitution: Substitution, key: string): Promise<Build> {
    try {
      const result = await substituteObjects(objects, substitution, readManifest);
      const duplicates = findDuplicates(result);
      if (duplicates.length > 0) throw new BuildError('SUBSTITUTION_FAILED', `post build failed: ${duplicates.join('\n')}`);
      return { objects: result, digest: await digestOf(result), key, revealed };
    } catch (error) {
      throw withoutRevealed(error, revealed);
    }
  }

  async function buildPlain(request: BuildRequest): Promise<Build> {
    const { artifact, path, additions: asked = {}, decryption = null, signal } = request;
    const root = parseBuildPath(path);
    const files = await artifact.files(root);
    await assertFolder(artifact, root, path, files);
    const manifests = findManifests(root, files);
    const { additions, folders: components } = await checkAdditions(artifact, root, asked);
    const folders = [...(manifests.own === null ? manifests.overlays : [root]), ...components];
    const inputs = folders.length === 0 ? nothingFollowed : await follow(artifact, folders);
    const key = await keyOf(artifact, [root, additions, decryption?.key ?? null], [root, ...inputs.folders]);
    const paths = { root, folders: inputs.folders, encrypted: inputs.encrypted };
    const input = { artifact, root, manifests, additions, inputs, key, signal };
    const make = (decrypted: BuildDecryption) => makeBuild({ ...input, decrypted });
    return remember(key, () => withDecryption({ decryption, artifact, paths, signal }, make));
  }

  /** One build at a time for a key, also when several ask at once; a failure is not remembered, since it may be ours. */
  function remember(key: string, make: () => Promise<Build>): Promise<Build> {
    const known = builds.get(key);
    if (known !== undefined) return known;
    const building = make();
    builds.set(key, building);
    building.catch(() => builds.delete(key));
    return building;
  }

  async function follow(artifact: Artifact, folders: readonly string[]): Promise<KustomizationInputs> {
    const all = new Map((await artifact.files('')).map((file) => [file.path, file]));
    return checkKustomizations(folders, all, limits);
  }

  async function makeBuild(input: BuildInput): Promise<Build> {
    built += 1;
    const plain =
      input.manifests.own === null ? await readPlain(input.manifests.plain, input.decrypted) : { objects: [], problems: [] };
    const problems = [...plain.problems, ...input.inputs.problems];
    if (problems.length > 0) throw invalid(plain.problems, input.inputs.problems);
    const duplicates = findDuplicates(plain.objects);
    if (duplicates.length > 0) throw new BuildError('MANIFEST_INVALID', duplicates.join('\n'));
    const objects = usesKustomize(input) ? await readKustomized(input, plain.objects) : plain.objects;
    const decrypted = await input.decrypted.objects(objects);
    const clashes = decrypted === objects ? [] : findDuplicates(decrypted);
    if (clashes.length > 0) throw new BuildError('MANIFEST_INVALID', clashes.join('\n'));
    return assemble(decrypted, input);
  }

  async function readPlain(files: readonly ArtifactFile[], decrypted: BuildDecryption): Promise<ObjectsOfFile> {
    const found: ObjectsOfFile[] = [];
    let total = 0;
    for (const file of files) {
      const plain = decrypted.files.get(file.path);
      const bytes = plain ?? (await file.read());
      total += bytes.length;
      if (total > limits.maxTotalBytes) throw tooLarge(limits.maxTotalBytes);
      found.push(await (plain === undefined ? readRemembered : readManifest)(bytes, file.path));
    }
    return { objects: found.flatMap(({ objects }) => objects), problems: found.flatMap(({ problems }) => problems) };
  }

  async function readRemembered(bytes: Buffer, path: string): Promise<ObjectsOfFile> {
    const key = createHash('sha256').update(path).update('\0').update(bytes).digest('base64');
    const known = parsed.get(key);
    if (known !== undefined) return known;
    const read = await readManifest(bytes, path);
    parsed.set(key, read);
    return read;
  }

  async function readKustomized(
    { artifact, root, manifests, additions, decrypted, signal }: BuildInput,
    plain: readonly BuiltObject[],
  ): Promise<readonly BuiltObject[]> {
    const command = options.kustomize();
    if (command === null) throw kustomizeMissing();
    const file = await planKustomizationFile(root, manifests, { additions, limits });
    options.log.debug('running kustomize', { path: root, revision: artifact.revision });
    const output = await runKustomize({ artifact, path: root, file, decrypted: decrypted.files, command, limits, signal });
    const read = await readManifest(output, 'the output of kustomize', { maxBytes: limits.maxOutputBytes });
    if (read.problems.length > 0) throw invalid(read.problems, []);
    return withOrigins(read.objects, plain);
  }

  return {
    build,
    forget() {
      builds.clear();
      parsed.clear();
    },
    get built() {
      return built;
    },
  };
}

interface BuildInput {
  readonly artifact: Artifact;
  readonly root: string;
  readonly manifests: Manifests;
  readonly additions: BuildAdditions;
  readonly inputs: KustomizationInputs;
  readonly decrypted: BuildDecryption;
  readonly key: string;
  readonly signal: AbortSignal;
}

/** Plain manifests to which nothing is added are read here. */
function usesKustomize({ manifests, additions }: BuildInput): boolean {
  if (manifests.own !== null || manifests.overlays.length > 0) return true;
  return isAdding(additions) && (manifests.plain.length > 0 || additions.components !== undefined);
}

const nothingFollowed: KustomizationInputs = { folders: new Set(), encrypted: new Map(), problems: [] };

async function assertFolder(
  artifact: Artifact,
  root: string,
  asked: string | undefined,
  files: readonly ArtifactFile[],
): Promise<void> {
  if (files.length === 0 && (await artifact.contentKey(root)) === null)
    throw new BuildError(
      'PATH_MISSING',
      `kustomization path not found: ${asked ?? './'} is not in ${artifact.revision}; mend spec.path or commit the folder`,
    );
  if (files.some((file) => file.path === root))
    throw new BuildError(
      'PATH_MISSING',
      `kustomization path not found: ${asked} is a file in ${artifact.revision}; spec.path has to name a folder`,
    );
}

async function keyOf(artifact: Artifact, spec: readonly unknown[], folders: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([builderVersion, ...spec]));
  for (const folder of [...new Set(folders)].toSorted()) hash.update(`\0${folder}\0${await artifact.contentKey(folder)}`);
  return `sha256:${hash.digest('hex')}`;
}

async function assemble(objects: readonly BuiltObject[], { root, artifact, key, decrypted }: BuildInput): Promise<Build> {
  if (objects.length === 0)
    throw new BuildError(
      'NOTHING_TO_BUILD',
      `kustomization path '${root === '' ? './' : root}' holds no manifests in ${artifact.revision}; nothing is applied and nothing pruned. Delete the Kustomization to remove its objects`,
    );
  return { objects, digest: await digestOf(objects), key, revealed: decrypted.revealed };
}

async function digestOf(objects: readonly BuiltObject[]): Promise<string> {
  const hash = createHash('sha256');
  const turn = createTurns();
  for (const [index, { object }] of objects.entries()) {
    const text = yamlOf(object);
    hash.update(index === 0 ? '' : '---\n').update(text);
    await turn(text.length);
  }
  return `sha256:${hash.digest('hex')}`;
}

const rememberedText = 4096;
const texts = new WeakMap<KubeObject, string>();

/** Small objects of remembered files keep their text: a commit that changes one of a thousand prints one. */
function yamlOf(object: KubeObject): string {
  const known = texts.get(object);
  if (known !== undefined) return known;
  const text = formatYaml(object);
  if (text.length <= rememberedText) texts.set(object, text);
  return text;
}

/** Objects that kustomize passed through keep the place where they stand. */
function withOrigins(objects: readonly BuiltObject[], plain: readonly BuiltObject[]): BuiltObject[] {
  const places = new Map(plain.map(({ object, origin }) => [placeKey(object), origin]));
  return objects.map(({ object }) => ({ object, origin: places.get(placeKey(object)) ?? null }));
}

function placeKey({ apiVersion, kind, metadata }: BuiltObject['object']): string {
  return [apiVersion, kind, metadata.namespace ?? '', metadata.name].join('\0');
}

const problemsShown = 20;

function invalid(manifests: readonly FileProblem[], kustomizations: readonly FileProblem[]): BuildError {
  const sentences = [
    ...manifests.map((problem) => `failed to decode Kubernetes YAML from ${describeProblem(problem)}`),
    ...kustomizations.map((problem) => `kustomize build failed: ${describeProblem(problem)}`),
  ];
  const more = sentences.length > problemsShown ? [`and ${sentences.length - problemsShown} more`] : [];
  const code = manifests.length > 0 ? 'MANIFEST_INVALID' : 'PATH_REFUSED';
  return new BuildError(code, [...sentences.slice(0, problemsShown), ...more].join('\n'));
}

function describeProblem({ file, line, column, message }: FileProblem): string {
  const place = [file, ...(line === undefined ? [] : [line]), ...(column === undefined ? [] : [column])].join(':');
  return `${place}: ${message}`;
}

function tooLarge(maxBytes: number): BuildError {
  return new BuildError('TOO_LARGE', `the manifests have more than ${maxBytes} bytes in all; split the Kustomization`);
}

function kustomizeMissing(): BuildError {
  return new BuildError(
    'KUSTOMIZE_MISSING',
    'kustomize build failed: the path has a kustomization file, and neither kustomize nor kubectl is on PATH; install kustomize (https://kubectl.docs.kubernetes.io/installation/kustomize/) or kubectl',
  );
}
