import { createHash } from 'node:crypto';
import { type DataKey, decryptValue } from './cipher.ts';
import { isEncrypted } from './encryption-rules.ts';
import { SopsError } from './error.ts';
import { bytesOf } from './format-scalar.ts';
import type { SopsMetadata } from './metadata.ts';
import { type Branch, branchOf, type Comment, entryOf, isComment, type Leaf, type List, type TreeValue } from './tree.ts';

/** What MACs over encrypted values alone start with (the SHA-256 of `sops`), so that they never equal one over all values. */
const macOnlyEncryptedStart = createHash('sha256').update('sops').digest();

export interface DecryptOptions {
  /** `check`: the MAC has to be that of the whole document, in its order. `verified`: it was checked where the document came from. */
  readonly mac: 'check' | 'verified';
}

/**
 * The documents with every value as it was before encryption. Throws MAC_MISMATCH where a value, a key or their order is not what sops
 * encrypted, and VALUE_INVALID with the path of a value that cannot be decrypted.
 */
export function decryptTree(
  branches: readonly Branch[],
  metadata: SopsMetadata,
  key: DataKey,
  { mac }: DecryptOptions = { mac: 'check' },
): Branch[] {
  const walk = new Walk(metadata, key, mac === 'verified');
  const decrypted = branches.map((branch) => walk.branch(branch, []));
  if (mac === 'check') assertMac(metadata, key, walk.finish());
  return decrypted;
}

function assertMac({ mac, lastModified }: SopsMetadata, key: DataKey, computed: string): void {
  const told = readMac(mac, key, lastModified);
  if (told === computed) return;
  const because = told === '' ? 'it has no MAC' : 'it was changed after sops encrypted it';
  throw new SopsError('MAC_MISMATCH', `MAC mismatch: ${because}; look at what changed, then encrypt it again with sops`);
}

function readMac(mac: string, key: DataKey, lastModified: string): string {
  try {
    const told = decryptValue(mac, key, lastModified);
    return typeof told === 'string' ? told : '';
  } catch (cause) {
    const message =
      'MAC mismatch: the MAC or lastmodified in its metadata was changed; look at what changed, then encrypt it again with sops';
    throw new SopsError('MAC_MISMATCH', message, { cause });
  }
}

class Walk {
  readonly #metadata: SopsMetadata;
  readonly #key: DataKey;
  /** What another tool put in place of an encrypted value stays. */
  readonly #isLenient: boolean;
  readonly #hash = createHash('sha512');

  constructor(metadata: SopsMetadata, key: DataKey, isLenient: boolean) {
    this.#metadata = metadata;
    this.#key = key;
    this.#isLenient = isLenient;
    if (metadata.macOnlyEncrypted) this.#hash.update(macOnlyEncryptedStart);
  }

  finish(): string {
    return this.#hash.digest('hex').toUpperCase();
  }

  branch({ entries }: Branch, path: readonly string[]): Branch {
    return branchOf(
      entries.map((entry) =>
        entry.kind === 'comment'
          ? this.#comment(entry, path)
          : entryOf(entry.key, this.#value(entry.value, [...path, entry.key])),
      ),
    );
  }

  #list({ items }: List, path: readonly string[]): List {
    return { kind: 'list', items: items.map((item) => this.#item(item, path)) };
  }

  #value(value: TreeValue, path: readonly string[]): TreeValue {
    const plain = this.#item(value, path);
    if (!isComment(plain)) return plain;
    throw invalid(path, 'a comment stands in the place of a value');
  }

  /** In lists sops writes encrypted comments as items of their own. */
  #item(value: TreeValue | Comment, path: readonly string[]): TreeValue | Comment {
    if (value === null) return null;
    if (typeof value !== 'object') return this.#leaf(value, path);
    switch (value.kind) {
      case 'comment':
        return this.#comment(value, path);
      case 'branch':
        return this.branch(value, path);
      case 'list':
        return this.#list(value, path);
      default:
        return this.#leaf(value, path);
    }
  }

  #leaf(value: Leaf, path: readonly string[]): Leaf | Comment {
    const encrypted = isEncrypted(this.#metadata.rule, path, typeof value === 'string' ? value : null);
    const plain = encrypted ? this.#decrypt(value, path) : value;
    if (!isComment(plain) && (encrypted || !this.#metadata.macOnlyEncrypted)) this.#hash.update(bytesOf(plain));
    return plain;
  }

  #decrypt(value: Leaf, path: readonly string[]): Leaf | Comment {
    if (this.#isLenient && !(typeof value === 'string' && value.includes('ENC[AES256_GCM,'))) return value;
    if (typeof value !== 'string') throw invalid(path, 'sops would have encrypted it, and it is not encrypted');
    try {
      return decryptValue(value, this.#key, bindingOf(path));
    } catch (error) {
      throw error instanceof SopsError && error.code === 'VALUE_INVALID' ? invalid(path, error.message) : error;
    }
  }

  /** Comments are outside of the MAC, and old versions of sops left them unencrypted. */
  #comment(comment: Comment, path: readonly string[]): Comment {
    const { text } = comment;
    if (!isEncrypted(this.#metadata.rule, path, text)) return comment;
    try {
      const plain = decryptValue(text, this.#key, bindingOf(path));
      // sops forgets that it stood behind a value.
      return isComment(plain) ? plain : comment;
    } catch {
      return comment;
    }
  }
}

function bindingOf(path: readonly string[]): string {
  return `${path.join(':')}:`;
}

function invalid(path: readonly string[], what: string): SopsError {
  return new SopsError(
    'VALUE_INVALID',
    `the value at ${path.map((key) => JSON.stringify(key)).join('.')} cannot be decrypted: ${what}`,
  );
}
