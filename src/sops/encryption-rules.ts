import type { RE2JS } from 're2js';
import { compilePattern } from '../select/index.ts';
import { SopsError } from './error.ts';

/** Which values of a document sops encrypts: at most one rule is set, and by default all but keys that end in `_unencrypted`. */
export type EncryptionRule =
  | { readonly by: 'encrypted suffix' | 'unencrypted suffix'; readonly suffix: string }
  | { readonly by: 'encrypted regex' | 'unencrypted regex'; readonly pattern: RE2JS }
  /** Comments near a value decide. */
  | { readonly by: 'comment' };

const fields = [
  'unencrypted_suffix',
  'encrypted_suffix',
  'unencrypted_regex',
  'encrypted_regex',
  'unencrypted_comment_regex',
  'encrypted_comment_regex',
] as const;

/** The rule that a document's metadata name. Throws METADATA_INVALID for more than one and for a pattern that does not compile. */
export function parseEncryptionRule(metadata: Readonly<Record<string, unknown>>): EncryptionRule {
  const set = fields.filter((field) => typeof metadata[field] === 'string' && metadata[field] !== '');
  const [field] = set;
  if (set.length > 1) throw new SopsError('METADATA_INVALID', `sops metadata: ${set.join(' and ')} exclude each other; keep one`);
  if (field === undefined) return { by: 'unencrypted suffix', suffix: '_unencrypted' };
  const text = String(metadata[field]);
  switch (field) {
    case 'unencrypted_suffix':
      return { by: 'unencrypted suffix', suffix: text };
    case 'encrypted_suffix':
      return { by: 'encrypted suffix', suffix: text };
    case 'unencrypted_regex':
      return { by: 'unencrypted regex', pattern: compile(field, text) };
    case 'encrypted_regex':
      return { by: 'encrypted regex', pattern: compile(field, text) };
    default:
      return { by: 'comment' };
  }
}

function compile(field: string, text: string): RE2JS {
  const compiled = compilePattern(text);
  if (compiled.kind === 'pattern') return compiled.pattern;
  throw new SopsError('METADATA_INVALID', `sops metadata: ${field} does not compile: ${compiled.reason}`);
}

/** How a value looks that sops encrypted. */
const encryptedValue = /^ENC\[AES256_GCM,data:.+,iv:.+,tag:.+,type:.+\]/s;

export function looksEncrypted(text: string): boolean {
  return encryptedValue.test(text);
}

/**
 * Whether the value below `path` (keys of mappings only; positions in lists do not count) is an encrypted one. Where comments decide, its
 * looks do: sops encrypts and decrypts by the same comments, and the MAC tells if somebody swapped one for the other.
 */
export function isEncrypted(rule: EncryptionRule, path: readonly string[], text: string | null): boolean {
  switch (rule.by) {
    case 'encrypted suffix':
      return path.some((key) => key.endsWith(rule.suffix));
    case 'unencrypted suffix':
      return !path.some((key) => key.endsWith(rule.suffix));
    case 'encrypted regex':
      return path.some((key) => rule.pattern.matcher(key).find());
    case 'unencrypted regex':
      return !path.some((key) => rule.pattern.matcher(key).find());
    case 'comment':
      return text !== null && looksEncrypted(text);
    default:
      return rule satisfies never;
  }
}
