import { SubstituteError } from './error.ts';
import { characterAt } from './expression.ts';
import { type GlobToken, parseGlob } from './parse-glob.ts';

/** Of steps through a pattern; a megabyte against `*` takes two. */
const maxSteps = 20_000_000;

/**
 * The length in bytes of the shortest and of the longest non-empty start of `bytes` that a glob pattern matches; null when none does.
 * Every start counts, also one that ends inside of a character, as in Flux.
 */
export function matchPrefixes(bytes: string, pattern: string): { readonly shortest: number; readonly longest: number } | null {
  const tokens = parseGlob(pattern);
  if (tokens === null) return null;
  const walk = new Walk(bytes, tokens);
  let shortest = 0;
  let longest = 0;
  for (let end = 1; end <= bytes.length && walk.isAlive(end - 1); end += 1) {
    if (!walk.matchesUntil(end)) continue;
    shortest ||= end;
    longest = end;
  }
  return longest === 0 ? null : { shortest, longest };
}

/** Where in the pattern one can be after each byte. */
class Walk {
  readonly #bytes: string;
  readonly #tokens: readonly GlobToken[];
  /** By position modulo 8: a character reaches at most 4 bytes ahead. */
  readonly #reached: Set<number>[] = Array.from({ length: 8 }, () => new Set<number>());
  #done = 0;
  #steps = 0;

  constructor(bytes: string, tokens: readonly GlobToken[]) {
    this.#bytes = bytes;
    this.#tokens = tokens;
    this.#enter(this.#at(0), 0);
  }

  /** Whether anything can still match past this position. */
  isAlive(position: number): boolean {
    return [0, 1, 2, 3].some((ahead) => this.#at(position + ahead).size > 0);
  }

  matchesUntil(end: number): boolean {
    while (this.#done < end) this.#advance();
    if (this.#at(end).has(this.#tokens.length)) return true;
    return this.#cut(end);
  }

  #at(position: number): Set<number> {
    return this.#reached[position % 8] ?? new Set();
  }

  #enter(states: Set<number>, state: number): void {
    states.add(state);
    if (this.#tokens[state]?.kind === 'sequence') this.#enter(states, state + 1);
  }

  #advance(): void {
    const from = this.#done;
    const { character, length } = characterAt(this.#bytes, from);
    this.#at(from + 4).clear();
    for (const state of this.#at(from)) this.#step(state, from, { character, length }, (ahead) => this.#at(from + ahead));
    this.#done += 1;
  }

  #step(
    state: number,
    from: number,
    { character, length }: { character: string; length: number },
    target: (ahead: number) => Set<number>,
  ): void {
    this.#steps += 1;
    if (this.#steps > maxSteps) throw new SubstituteError('SUBSTITUTION_LIMIT', 'matching a pattern takes too long');
    const token = this.#tokens[state];
    if (token === undefined) return;
    if (token.kind === 'sequence') this.#enter(target(1), state);
    else if (token.kind === 'byte') {
      if (token.byte === this.#bytes.charAt(from)) this.#enter(target(1), state + 1);
    } else if (token.kind === 'any' || isInClass(character, token)) this.#enter(target(length), state + 1);
  }

  /** A start that ends inside of a character: the bytes of it that are there count as one each. */
  #cut(end: number): boolean {
    const start = [3, 2, 1].map((back) => end - back).find((at) => at >= 0 && at + characterAt(this.#bytes, at).length > end);
    if (start === undefined) return false;
    const states = Array.from({ length: end - start + 1 }, (_, index) => new Set(this.#at(start + index)));
    for (let index = 0; index < end - start; index += 1)
      for (const state of states[index] ?? [])
        this.#step(state, start + index, { character: '\ufffd', length: 1 }, (ahead) => states[index + ahead] ?? new Set());
    return states[end - start]?.has(this.#tokens.length) ?? false;
  }
}

function isInClass(character: string, { negated, ranges }: Extract<GlobToken, { kind: 'class' }>): boolean {
  const code = character.codePointAt(0) ?? 0;
  return ranges.some(([low, high]) => low <= code && code <= high) !== negated;
}
