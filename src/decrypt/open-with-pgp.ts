import type { PrivateKey } from 'openpgp';
import { errorMessage } from '../core/index.ts';
import type { KeyOpener } from './key-opener.ts';
import { invalidKey } from './parse-fields.ts';

const block = /-----BEGIN PGP PRIVATE KEY BLOCK-----[\s\S]+?-----END PGP PRIVATE KEY BLOCK-----/g;

/** The private keys in the text of an `.asc` entry; public ones beside them are passed over. Throws KEY_INVALID; `entry` names it. */
export async function parsePgpKeys(text: string, entry: string): Promise<PrivateKey[]> {
  const blocks = text.match(block) ?? [];
  if (blocks.length === 0)
    throw invalidKey(entry, 'there is no PGP PRIVATE KEY BLOCK in it; export it by gpg --export-secret-keys --armor');
  const { readPrivateKeys } = await import('openpgp');
  const keys: PrivateKey[] = [];
  for (const armoredKeys of blocks)
    try {
      keys.push(...(await readPrivateKeys({ armoredKeys })));
    } catch (error) {
      throw invalidKey(entry, `it cannot be read: ${errorMessage(error)}`);
    }
  for (const key of keys)
    if (key.isDecrypted() === false)
      throw invalidKey(entry, `${key.getFingerprint().toUpperCase()} is protected by a passphrase; export it without one`);
  return keys;
}

/** Opens what any of the keys can. */
export function createPgpOpener(keys: readonly PrivateKey[]): KeyOpener<'pgp'> {
  return async ({ encrypted }) => {
    if (keys.length === 0) throw new TypeError('there is no PGP key at hand');
    const { decrypt, readMessage } = await import('openpgp');
    const message = await readMessage({ armoredMessage: encrypted, config });
    // A key that has expired opens what it was given while it had not.
    const { data } = await decrypt({ message, decryptionKeys: [...keys], format: 'binary', config });
    return data as Uint8Array;
  };
}

/** GnuPG 2.3 and newer may seal with OCB, which the library reads only when asked. */
const config = { enableParsingV5Entities: true, allowInsecureDecryptionWithSigningKeys: true };
