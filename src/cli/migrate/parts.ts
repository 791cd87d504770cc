import { InvalidArgumentError } from 'commander';
import { type ControllerName, controllersOf } from '../../lease/index.ts';

/** What can be handed over by itself. */
export type Part = 'image' | 'source' | 'kustomize';

export const parts: readonly Part[] = ['image', 'source', 'kustomize'];

/** Reads `image`, `image,source` or `all`. */
export function parseParts(text: string): Part[] {
  const words = text === 'all' ? [...parts] : text.split(',').map((word) => word.trim());
  const found = parts.filter((part) => words.includes(part));
  if (found.length !== new Set(words).size) throw new InvalidArgumentError(`Give all, or some of ${parts.join(', ')}.`);
  return found;
}

/** The Flux controllers that a part replaces. */
export function controllersOfParts(chosen: readonly Part[]): readonly ControllerName[] {
  return controllersOf(chosen);
}
