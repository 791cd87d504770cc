import { stringify } from 'yaml';
import type { KubeObject } from '../core/index.ts';

export type OutputFormat = 'json' | 'yaml';

/** Any value as `-o json` or `-o yaml` prints it. Both escape control characters by themselves. */
export function formatValue(value: unknown, format: OutputFormat): string {
  if (format === 'json') return escapeInvisible(JSON.stringify(value, null, 2));
  return escapeInvisible(stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })).trimEnd();
}

/** Several objects as one of kind List, as kubectl has it. */
export function listOf(objects: readonly KubeObject[]): { apiVersion: string; kind: string; items: KubeObject[] } {
  return { apiVersion: 'v1', kind: 'List', items: objects.map(withoutManagedFields) };
}

/** Who owns which field is of no interest to readers and triples the size. */
export function withoutManagedFields(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

// Within JSON, and within the double quotes that YAML puts around such text, an escape means the same character.
function escapeInvisible(text: string): string {
  return text.replace(/(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) =>
    Array.from({ length: character.length }, (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`).join(
      '',
    ),
  );
}
