import type { Artifact, ArtifactFile } from '../core/index.ts';
import { type Decryption, type DecryptionSession, redactRevealed } from '../decrypt/index.ts';
import type { SopsFormat } from '../sops/index.ts';
import { folderOf } from './artifact-path.ts';
import type { BuiltObject } from './built-object.ts';
import { decryptInputs } from './decrypt-inputs.ts';
import { decryptObjects } from './decrypt-objects.ts';
import { messageFor } from './error.ts';

/** What one build decrypts. Without `spec.decryption` nothing is. */
export interface BuildDecryption {
  /** Files that are read decrypted in place of the artifact's, by path. */
  readonly files: ReadonlyMap<string, Buffer>;
  objects(built: readonly BuiltObject[]): Promise<readonly BuiltObject[]>;
  readonly revealed: ReadonlySet<string>;
}

export interface DecryptedPaths {
  /** Below which manifests are looked for, at any depth. */
  readonly root: string;
  /** Further folders that kustomize reads from. */
  readonly folders: ReadonlySet<string>;
  /** Files that kustomize reads as what they are, by path. */
  readonly encrypted: ReadonlyMap<string, SopsFormat>;
}

const nothing: BuildDecryption = { files: new Map(), objects: async (built) => built, revealed: new Set() };

/** Runs a build with what it decrypts; no error that it throws carries anything that was decrypted. */
export async function withDecryption<T>(
  { decryption, artifact, paths, signal }: DecryptionInput,
  build: (decrypted: BuildDecryption) => Promise<T>,
): Promise<T> {
  if (decryption === null) return build(nothing);
  const session = decryption.open(signal);
  try {
    return await build(await openBuild(session, artifact, paths));
  } catch (error) {
    throw withoutRevealed(error, session.revealed);
  }
}

export interface DecryptionInput {
  readonly decryption: Decryption | null;
  readonly artifact: Artifact;
  readonly paths: DecryptedPaths;
  readonly signal: AbortSignal;
}

async function openBuild(session: DecryptionSession, artifact: Artifact, paths: DecryptedPaths): Promise<BuildDecryption> {
  const all = await artifact.files('');
  const manifests = all.filter((file) => isManifest(file, paths));
  const inputs = all.flatMap((file) => {
    const format = paths.encrypted.get(file.path);
    return format === undefined ? [] : [[file, format] as const];
  });
  const files = await decryptInputs({ manifests, inputs }, session);
  return { files, objects: (built) => decryptObjects(built, { session, files: manifests }), revealed: session.revealed };
}

function isManifest({ path }: ArtifactFile, { root, folders }: DecryptedPaths): boolean {
  const isBelow = root === '' || path.startsWith(`${root}/`);
  return /\.(ya?ml|json)$/.test(path) && (isBelow || folders.has(folderOf(path)));
}

/** The same error, or one like it whose message and causes say nothing that was encrypted. */
export function withoutRevealed(error: unknown, revealed: ReadonlySet<string>): unknown {
  if (revealed.size === 0 || !(error instanceof Error)) return error;
  const message = redactRevealed(error.message, revealed);
  if (message === error.message && error.cause === undefined) return error;
  return messageFor(error, () => message, { keepCause: false });
}
