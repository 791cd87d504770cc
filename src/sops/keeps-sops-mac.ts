import { isEncrypted, looksEncrypted, parseEncryptionRule } from './encryption-rules.ts';
import { SopsError } from './error.ts';
import { isTrue } from './metadata.ts';

export type MacVerdict = { readonly keeps: true } | { readonly keeps: false; readonly because: string };

/**
 * Whether another text may be written at `path` of a YAML document, so that sops can still decrypt the file afterwards: always where there
 * is no SOPS metadata, else only for an unencrypted value outside of the MAC (`mac_only_encrypted: true`).
 *
 * `document` is the document as plain values, with its `sops` mapping (of a file of several documents the first one counts: sops puts the
 * same metadata into each); `path` are the keys from its root to the value, where positions in lists (numbers) may be given or left out.
 */
export function keepsSopsMac(document: unknown, path: readonly (string | number)[]): MacVerdict {
  const metadata = sopsOf(document);
  if (metadata === null) return { keeps: true };
  const keys = path.filter((step) => typeof step === 'string');
  if (keys[0] === 'sops') return refuse('it is part of the SOPS metadata');
  const value = valueAt(document, path);
  if (typeof value === 'string' && looksEncrypted(value)) return refuse('the value is encrypted by SOPS');
  if (!isTrue(metadata['mac_only_encrypted'])) return refuse(insideMac);
  return verdictOfRule(metadata, keys);
}

const insideMac =
  'the MAC of SOPS covers every value of the file; encrypt it with mac_only_encrypted: true, or move the value to a file that is not encrypted';

function verdictOfRule(metadata: Readonly<Record<string, unknown>>, keys: readonly string[]): MacVerdict {
  try {
    const encrypted = isEncrypted(parseEncryptionRule(metadata), keys, null);
    return encrypted ? refuse('SOPS expects an encrypted value there') : { keeps: true };
  } catch (error) {
    if (error instanceof SopsError) return refuse(error.message);
    throw error;
  }
}

function refuse(because: string): MacVerdict {
  return { keeps: false, because };
}

function sopsOf(document: unknown): Readonly<Record<string, unknown>> | null {
  if (!isMapping(document)) return null;
  const { sops } = document;
  return isMapping(sops) && sops['mac'] !== undefined ? sops : null;
}

/** Undefined where the path leaves out a position in a list: then the rules alone decide. */
function valueAt(document: unknown, path: readonly (string | number)[]): unknown {
  let value = document;
  for (const step of path)
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[step] : undefined;
  return value;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
