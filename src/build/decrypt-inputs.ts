import type { ArtifactFile } from '../core/index.ts';
import type { DecryptionSession } from '../decrypt/index.ts';
import { isMarked, type SopsFormat } from '../sops/index.ts';
import { BuildError, messageFor } from './error.ts';

const maxEncryptedBytes = 5 * 1024 * 1024;

/**
 * What kustomize has to read decrypted, by path: inputs of secret generators and files of patches that are encrypted, and manifests with
 * encrypted Lists. Throws DECRYPTION_FAILED, naming the file.
 */
export async function decryptInputs(
  {
    manifests,
    inputs,
  }: { readonly manifests: readonly ArtifactFile[]; readonly inputs: readonly (readonly [ArtifactFile, SopsFormat])[] },
  session: DecryptionSession,
): Promise<Map<string, Buffer>> {
  const decrypted = new Map<string, Buffer>();
  for (const [file, format] of inputs) {
    const bytes = await file.read();
    if (isMarked(bytes, format)) decrypted.set(file.path, await decryptFile(file.path, bytes, () => session.file(bytes, format)));
  }
  for (const file of manifests) {
    const bytes = await file.read();
    if (decrypted.has(file.path) || !mayHaveList(bytes)) continue;
    const list = await decryptFile(file.path, bytes, () => session.lists(bytes));
    if (list !== null) decrypted.set(file.path, list);
  }
  return decrypted;
}

function mayHaveList(bytes: Buffer): boolean {
  return (isMarked(bytes, 'yaml') || isMarked(bytes, 'json')) && bytes.includes('List');
}

async function decryptFile<T>(path: string, bytes: Buffer, decrypt: () => Promise<T>): Promise<T> {
  if (bytes.length > maxEncryptedBytes)
    throw new BuildError(
      'DECRYPTION_FAILED',
      `error decrypting sources: ${path} has more than ${maxEncryptedBytes} bytes; split it`,
    );
  try {
    return await decrypt();
  } catch (error) {
    throw messageFor(error, (message) => `error decrypting sources: ${path}: ${message}`);
  }
}
