import { type KubeObject, TagalongError } from '../core/index.ts';
import {
  type Branch,
  type DataKey,
  decryptTree,
  detectFormat,
  type EncryptedTogether,
  formatOfName,
  nameOfFormat,
  objectOf,
  readDocument,
  readManifests,
  type SopsDocument,
  type SopsFormat,
  type SopsMetadata,
  splitManifests,
  takeMetadata,
  textsOf,
  treeOf,
  writeDocument,
} from '../sops/index.ts';
import { DecryptError } from './error.ts';

/** The decryption of what one build reads: a data key is opened once, and what was revealed is known, so that no error tells it. */
export interface DecryptionSession {
  /** A whole file; its MAC is checked. Throws DECRYPTION_FAILED or KEY_MISSING, without naming the file. */
  file(bytes: Buffer, format: SopsFormat, output?: SopsFormat): Promise<Buffer>;
  /** Checks what is encrypted under a MAC in a manifest file. False where the file has nothing of that MAC. */
  verify(bytes: Buffer, mac: string): Promise<boolean>;
  /** A manifest file with its encrypted Lists decrypted, since what is built from a List loses the metadata. Null where it has none. */
  lists(bytes: Buffer): Promise<Buffer | null>;
  /** An object whose MAC was checked where it came from. Values that a patch put in place of encrypted ones stay. */
  object(object: KubeObject): Promise<KubeObject>;
  /** A Secret, with the entries of its data decrypted that are encrypted files; their MACs are checked. */
  secretData(secret: KubeObject): Promise<KubeObject>;
  /** Texts that were encrypted. */
  readonly revealed: ReadonlySet<string>;
}

export type OpenDataKey = (metadata: SopsMetadata) => Promise<DataKey>;

export function createSession(open: OpenDataKey): DecryptionSession {
  const keys = new Map<string, Promise<DataKey>>();
  const revealed = new Set<string>();
  const keyOf = (metadata: SopsMetadata) => {
    const name = JSON.stringify(metadata.groups);
    const known = keys.get(name) ?? open(metadata);
    keys.set(name, known);
    return known;
  };

  async function decrypt({ branches, metadata }: SopsDocument, mac: 'check' | 'verified'): Promise<Branch[]> {
    const key = await keyOf(metadata);
    const decrypted = decryptTree(branches, metadata, key, { mac });
    const told = new Set(textsOf(branches));
    for (const text of textsOf(decrypted)) if (!told.has(text)) revealed.add(text);
    return decrypted;
  }

  async function file(bytes: Buffer, format: SopsFormat, output = format): Promise<Buffer> {
    const document = attempt(`failed to load encrypted ${nameOfFormat(format)} data`, () => readDocument(bytes, format));
    const decrypted = await attemptAsync('error decrypting sops tree', () => decrypt(document, 'check'));
    const what = `failed to emit encrypted ${nameOfFormat(format)} file as decrypted ${nameOfFormat(output)}`;
    return attempt(what, () => writeDocument(decrypted, output));
  }

  async function verify(bytes: Buffer, mac: string): Promise<boolean> {
    const all = attempt('failed to load encrypted manifests', () => splitManifests(readManifests(bytes)));
    const found = all.find((together) => together.mac === mac);
    if (found !== undefined) await attemptAsync('error decrypting sops tree', () => decrypt(documentOf(found), 'check'));
    return found !== undefined;
  }

  async function lists(bytes: Buffer): Promise<Buffer | null> {
    const branches = attempt('failed to load encrypted manifests', () => readManifests(bytes));
    const encrypted = splitManifests(branches).filter(({ isList }) => isList);
    if (encrypted.length === 0) return null;
    const plain = new Map<Branch, Branch>();
    for (const together of encrypted) {
      const decrypted = await attemptAsync('error decrypting sops tree', () => decrypt(documentOf(together), 'check'));
      for (const [index, branch] of decrypted.entries()) plain.set(together.branches[index] ?? branch, branch);
    }
    return writeDocument(
      branches.map((branch) => plain.get(branch) ?? branch),
      'yaml',
    );
  }

  async function object(encrypted: KubeObject): Promise<KubeObject> {
    const document = attempt('failed to load encrypted JSON data', () => takeMetadata([treeOf(encrypted)], 'nested'));
    const [decrypted] = await attemptAsync('error decrypting sops tree', () => decrypt(document, 'verified'));
    return attempt('failed to unmarshal decrypted JSON', () => objectOf(decrypted ?? treeOf({})) as KubeObject);
  }

  async function secretData(secret: KubeObject): Promise<KubeObject> {
    const data: Record<string, unknown> = {};
    const fields = typeof secret['data'] === 'object' && secret['data'] !== null ? secret['data'] : {};
    for (const [name, value] of Object.entries(fields)) data[name] = await secretValue(name, value);
    return { ...secret, data };
  }

  async function secretValue(name: string, value: unknown): Promise<unknown> {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : null;
    const format = bytes === null ? null : detectFormat(bytes);
    if (bytes === null || format === null) return value;
    const decrypted = await attemptAsync(`Secret field '${name}'`, () => file(bytes, format, formatOfName(name)));
    return decrypted.toString('base64');
  }

  return { file, verify, lists, object, secretData, revealed };
}

function documentOf({ branches }: EncryptedTogether): SopsDocument {
  return takeMetadata(branches, 'nested');
}

function attempt<T>(what: string, task: () => T): T {
  try {
    return task();
  } catch (error) {
    throw failed(what, error);
  }
}

async function attemptAsync<T>(what: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw failed(what, error);
  }
}

function failed(what: string, error: unknown): unknown {
  if (!(error instanceof TagalongError) || error.code === 'ABORTED') return error;
  const code = error instanceof DecryptError ? error.code : 'DECRYPTION_FAILED';
  const isAboutKeys = code === 'KEY_MISSING' && !what.startsWith('Secret field');
  return isAboutKeys ? error : new DecryptError(code, `${what}: ${error.message}`, { retry: error.retry, cause: error });
}
