import { errorMessage } from '../core/index.ts';
import { combineKeyParts, type DataKey, type MasterKey, type SopsMetadata } from '../sops/index.ts';
import { DecryptError } from './error.ts';
import { type KeyOpener, type KeyOpeners, type MasterKeyKind, nameOfMasterKey } from './key-opener.ts';

const remedies: Readonly<Record<MasterKeyKind, string>> = {
  age: 'put the identity of that recipient into the Secret of spec.decryption.secretRef, under a key that ends in .agekey',
  pgp: 'put that private key, armoured and without a passphrase, into the Secret of spec.decryption.secretRef, under a key that ends in .asc',
  kms: 'give spec.decryption.serviceAccountName (or the bot) the right kms:Decrypt, or put credentials under the key sops.aws-kms',
  gcp_kms:
    'give spec.decryption.serviceAccountName (or the bot) the role Cloud KMS CryptoKey Decrypter, or put credentials under the key sops.gcp-kms',
  azure_kv:
    'give spec.decryption.serviceAccountName (or the bot) the right to decrypt with that key, or put credentials under the key sops.azure-kv',
  hc_vault:
    'put a token that may decrypt with that key under the key sops.vault-token of the Secret of spec.decryption.secretRef',
  hckms: 'add a key of another kind to the file with sops updatekeys: Huawei Cloud KMS is not supported',
};

/**
 * The key that a document's values are encrypted with: from its only key group, or from the parts that enough of its groups give. Keys
 * that are at hand are tried before those that somebody has to be asked for. Throws KEY_MISSING with what each key said.
 */
export async function openDataKey(metadata: SopsMetadata, openers: KeyOpeners, signal: AbortSignal): Promise<DataKey> {
  const { groups, shamirThreshold } = metadata;
  const [only] = groups;
  const refusals: string[] = [];
  if (groups.length === 1 && only !== undefined) {
    const key = await openGroup(only, { openers, refusals, signal });
    if (key === null) throw missing('no key that is at hand opens it', groups, refusals);
    return key;
  }
  const needed = Math.max(2, shamirThreshold === 0 ? groups.length : shamirThreshold);
  const parts: Uint8Array[] = [];
  for (const group of groups) {
    const part = parts.length < needed ? await openGroup(group, { openers, refusals, signal }) : null;
    if (part !== null) parts.push(part);
  }
  if (parts.length >= needed) return combineKeyParts(parts);
  throw missing(
    `keys of ${needed} of its ${groups.length} groups are needed, and those of ${parts.length} are at hand`,
    groups,
    refusals,
  );
}

interface Opening {
  readonly openers: KeyOpeners;
  /** Filled with a sentence for each key that did not open its group. */
  readonly refusals: string[];
  readonly signal: AbortSignal;
}

async function openGroup(group: readonly MasterKey[], { openers, refusals, signal }: Opening): Promise<Uint8Array | null> {
  for (const key of inOrder(group)) {
    try {
      return await open(key, openers, signal);
    } catch (error) {
      signal.throwIfAborted();
      refusals.push(`${nameOfMasterKey(key)}: ${errorMessage(error)}`);
    }
  }
  return null;
}

function open(key: MasterKey, openers: KeyOpeners, signal: AbortSignal): Promise<Uint8Array> {
  // Each kind's opener takes the keys of its kind, which the compiler cannot see through the union.
  const opener = openers[key.kind] as KeyOpener<MasterKeyKind> | undefined;
  return opener === undefined ? Promise.reject(new TypeError('there is no key of this kind at hand')) : opener(key, signal);
}

function inOrder(group: readonly MasterKey[]): MasterKey[] {
  const rank = ({ kind }: MasterKey) => (kind === 'age' ? 0 : kind === 'pgp' ? 1 : 2);
  return group.toSorted((a, b) => rank(a) - rank(b));
}

function missing(what: string, groups: SopsMetadata['groups'], refusals: readonly string[]): DecryptError {
  const [first] = inOrder(groups.flat());
  const remedy = first === undefined ? '' : `; ${remedies[first.kind]}`;
  const shown = refusals.slice(0, 10).join('; ');
  return new DecryptError('KEY_MISSING', `cannot get sops data key: ${what} (${shown})${remedy}`);
}
