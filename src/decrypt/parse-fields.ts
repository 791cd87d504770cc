import { parse } from 'yaml';
import { DecryptError } from './error.ts';

/** The fields of a YAML (or JSON) mapping in an entry of a Secret. Throws KEY_INVALID; `entry` names it. */
export function parseFields(text: string, entry: string): Readonly<Record<string, unknown>> {
  try {
    const fields: unknown = parse(text, { uniqueKeys: false, logLevel: 'error' });
    if (typeof fields === 'object' && fields !== null && !Array.isArray(fields)) return fields as Record<string, unknown>;
  } catch {
    // Its own words would quote a line.
  }
  throw invalidKey(entry, 'it is no YAML or JSON mapping');
}

export function invalidKey(entry: string, what: string): DecryptError {
  return new DecryptError('KEY_INVALID', `failed to import ${entry}: ${what}`);
}
