import type { Template } from './nodes.ts';
import { parseTemplate } from './parse-template.ts';
import { findRemovedField } from './removed-fields.ts';

export type CommitTemplate =
  | { readonly kind: 'parsed'; readonly template: Template }
  | { readonly kind: 'invalid'; readonly message: string }
  /** It uses `.Updated` or `.Changed.ImageResult`; `message` is Flux's. */
  | { readonly kind: 'removed-field'; readonly message: string };

/** Reads the template of a commit message, and finds the fields that such templates once had. Never throws. */
export function parseCommitTemplate(text: string): CommitTemplate {
  const parsed = parseTemplate(text);
  if (parsed.kind === 'invalid') return parsed;
  const message = findRemovedField(parsed.template);
  return message === null ? parsed : { kind: 'removed-field', message };
}
