import { type ArtifactFile, gvkOf, type KubeObject } from '../core/index.ts';
import type { DecryptionSession } from '../decrypt/index.ts';
import type { BuiltObject } from './built-object.ts';
import { BuildError, messageFor } from './error.ts';

const disabled = 'kustomize.toolkit.fluxcd.io/decrypt';

/**
 * Built objects with what sops encrypted in them decrypted: whole objects of any kind, and files in the data of Secrets. The MAC of an
 * object is that of the file which it comes from, so every file of `files` that carries it is checked. Throws DECRYPTION_FAILED.
 */
export async function decryptObjects(
  objects: readonly BuiltObject[],
  { session, files }: { readonly session: DecryptionSession; readonly files: readonly ArtifactFile[] },
): Promise<BuiltObject[]> {
  const verifier = new Verifier(session, files);
  const decrypted: BuiltObject[] = [];
  for (const built of objects) decrypted.push({ ...built, object: await decryptObject(built.object, session, verifier) });
  return decrypted;
}

async function decryptObject(object: KubeObject, session: DecryptionSession, verifier: Verifier): Promise<KubeObject> {
  if (object.metadata.annotations?.[disabled]?.toLowerCase() === 'disabled') return object;
  const mac = macOf(object);
  if (mac === null && object.kind !== 'Secret') return object;
  const { namespace = '', name } = object.metadata;
  const what = mac === null ? '' : ` '${namespace}/${name}' ${object.kind} data:`;
  try {
    if (mac === null) return await session.secretData(object);
    await verifier.verify(mac);
    return checkObject(await session.object(object));
  } catch (error) {
    const place = mac === null ? ` '${namespace}/${name}'` : what;
    throw messageFor(
      error,
      (message) => `decryption failed for '${describe(object)}': failed to decrypt and format${place} ${message}`,
    );
  }
}

function macOf(object: KubeObject): string | null {
  const { sops } = object as { sops?: { mac?: unknown } | null };
  return typeof sops?.mac === 'string' && sops.mac !== '' ? sops.mac : null;
}

function checkObject(object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata } = object as Partial<KubeObject>;
  if (typeof apiVersion === 'string' && typeof kind === 'string' && typeof metadata?.name === 'string') return object;
  throw new BuildError(
    'DECRYPTION_FAILED',
    'what comes out is no Kubernetes object: apiVersion, kind or metadata.name is missing',
  );
}

function describe(object: KubeObject): string {
  const { group, version, kind } = gvkOf(object);
  return `${kind}.${version}.${group === '' ? '[noGrp]' : group}/${object.metadata.name}`;
}

/** Checks MACs where the documents stand as sops wrote them; kustomize changes both order and content. */
class Verifier {
  readonly #session: DecryptionSession;
  readonly #files: readonly ArtifactFile[];
  readonly #verified = new Map<string, Promise<void>>();

  constructor(session: DecryptionSession, files: readonly ArtifactFile[]) {
    this.#session = session;
    this.#files = files;
  }

  verify(mac: string): Promise<void> {
    const verified = this.#verified.get(mac) ?? this.#check(mac);
    this.#verified.set(mac, verified);
    return verified;
  }

  async #check(mac: string): Promise<void> {
    let found = false;
    for (const file of this.#files) {
      const bytes = await file.read();
      if (bytes.includes(mac) && (await this.#checkFile(file.path, bytes, mac))) found = true;
    }
    if (!found)
      throw new BuildError(
        'DECRYPTION_FAILED',
        'its MAC cannot be checked, because it comes from no manifest of the artifact; commit it as a file of its own',
      );
  }

  async #checkFile(path: string, bytes: Buffer, mac: string): Promise<boolean> {
    try {
      return await this.#session.verify(bytes, mac);
    } catch (error) {
      throw messageFor(error, (message) => `${path}: ${message}`);
    }
  }
}
