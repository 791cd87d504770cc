import { CliError } from './error.ts';
import { readInput } from './read-input.ts';

/** Tags out of a file: one a line, a JSON array, or a registry's own answer (`{"tags": […]}`). Throws USAGE for anything else. */
export async function readTags(path: string): Promise<string[]> {
  const content = await readInput(path);
  if (!/^\s*[[{]/.test(content))
    return content
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  const tags = listIn(parseJson(path, content));
  if (tags !== null) return tags;
  throw new CliError('USAGE', `reading ${path}: expected a JSON array of tags, or an object with an array "tags"`);
}

function parseJson(path: string, content: string): unknown {
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw new CliError('USAGE', `reading ${path}: it begins like JSON and is none: ${(cause as Error).message}`, cause);
  }
}

function listIn(value: unknown): string[] | null {
  if (Array.isArray(value)) return value.every((tag) => typeof tag === 'string') ? value : null;
  const { tags } = (value ?? {}) as { tags?: unknown };
  if (tags === null) return []; // some registries say so of a repository without tags
  return tags === undefined ? null : listIn(Array.isArray(tags) ? tags : null);
}
