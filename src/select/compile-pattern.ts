import { RE2JS } from 're2js';
import { errorMessage } from '../core/index.ts';

export type CompiledPattern =
  | { readonly kind: 'pattern'; readonly pattern: RE2JS }
  /** `reason` in the words of Go's regexp package. */
  | { readonly kind: 'invalid'; readonly reason: string };

const maxPatternLength = 4096;
const maxProgramSize = 20_000;

/** The same few patterns are asked for by each scan. Large ones are compiled anew, since they would fill the memory. */
const remembered = new Map<string, CompiledPattern>();
const rememberAtMost = 64;
const rememberedProgramSize = 500;

/** Compiles somebody else's RE2 pattern; it matches in time linear in the tag, and its size is bounded. */
export function compilePattern(source: string): CompiledPattern {
  const known = remembered.get(source);
  if (known !== undefined) return known;
  const compiled = compile(source);
  if (compiled.kind === 'pattern' && compiled.pattern.programSize() <= rememberedProgramSize) remember(source, compiled);
  return compiled;
}

function remember(source: string, compiled: CompiledPattern): void {
  const [oldest] = remembered.keys();
  if (remembered.size >= rememberAtMost && oldest !== undefined) remembered.delete(oldest);
  remembered.set(source, compiled);
}

function compile(source: string): CompiledPattern {
  if (source.length > maxPatternLength) return invalid(`pattern is longer than ${maxPatternLength} characters`);
  try {
    const pattern = RE2JS.compile(source);
    return pattern.programSize() > maxProgramSize ? invalid('pattern is too large') : { kind: 'pattern', pattern };
  } catch (thrown) {
    return invalid(errorMessage(thrown));
  }
}

function invalid(reason: string): CompiledPattern {
  return { kind: 'invalid', reason };
}
