import type { KeyOpener } from './key-opener.ts';
import { invalidKey } from './parse-fields.ts';

const form = /^AGE-SECRET-KEY-(PQ-)?1[0-9A-Z]+$/;

/**
 * The identities in the text of an `.agekey` entry, one a line: X25519 (`AGE-SECRET-KEY-1…`) and the post-quantum hybrid
 * (`AGE-SECRET-KEY-PQ-1…`). Throws KEY_INVALID for anything else that is no comment; `entry` names it.
 */
export function parseAgeIdentities(text: string, entry: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line, index) => checkIdentity(line, `${entry}, identity ${index + 1}`));
}

function checkIdentity(line: string, where: string): string {
  if (form.test(line)) return line;
  const what = line.startsWith('AGE-PLUGIN-')
    ? 'is one of a plugin, and no plugins are run here; use one of the forms AGE-SECRET-KEY-1… and AGE-SECRET-KEY-PQ-1…'
    : 'is no age identity; write AGE-SECRET-KEY-1… or AGE-SECRET-KEY-PQ-1…, one a line, as age-keygen prints it';
  throw invalidKey(where, `it ${what}`);
}

/** Opens what any of the identities can. */
export function createAgeOpener(identities: readonly string[]): KeyOpener<'age'> {
  return async ({ encrypted }) => {
    const { armor, Decrypter } = await import('age-encryption');
    if (identities.length === 0) throw new TypeError('there is no age identity at hand');
    const decrypter = new Decrypter();
    for (const identity of identities) decrypter.addIdentity(identity);
    return decrypter.decrypt(armor.decode(encrypted));
  };
}

/** Throws KEY_INVALID where an identity has the right form and a wrong checksum: a typing mistake. */
export async function assertAgeIdentities(identities: readonly string[], entry: string): Promise<void> {
  const { Decrypter } = await import('age-encryption');
  for (const [index, identity] of identities.entries())
    try {
      new Decrypter().addIdentity(identity);
    } catch {
      throw invalidKey(
        `${entry}, identity ${index + 1}`,
        'its checksum is wrong; copy it again from where age-keygen printed it',
      );
    }
}
