import { limits } from './budget.ts';
import { TemplateError } from './error.ts';
import { execute } from './execute.ts';
import { functions } from './functions/index.ts';
import type { Template } from './nodes.ts';
import { parseStatements } from './parse-statements.ts';
import type { Value } from './value.ts';

export type ParsedTemplate =
  | { readonly kind: 'parsed'; readonly template: Template }
  /** `message` in the words of Go's text/template. */
  | { readonly kind: 'invalid'; readonly message: string };

export type RenderedTemplate =
  | { readonly kind: 'rendered'; readonly text: string }
  | { readonly kind: 'failed'; readonly message: string };

/** Reads a Go text/template that may use sprig's hermetic functions. Never throws. */
export function parseTemplate(text: string, name = 'commit message'): ParsedTemplate {
  if (text.length > limits.templateCharacters) {
    return { kind: 'invalid', message: `template: ${name}: longer than ${limits.templateCharacters} characters` };
  }
  try {
    return { kind: 'parsed', template: parseStatements(text, name, (word) => Object.hasOwn(functions, word)) };
  } catch (thrown) {
    if (thrown instanceof TemplateError) return { kind: 'invalid', message: thrown.message };
    throw thrown;
  }
}

/** Applies a template to its data. Never throws, and never runs long: what it may cost is bounded. */
export function renderTemplate(template: Template, data: Value): RenderedTemplate {
  try {
    return { kind: 'rendered', text: execute(template, data, functions) };
  } catch (thrown) {
    if (thrown instanceof TemplateError) return { kind: 'failed', message: thrown.message };
    throw thrown;
  }
}
