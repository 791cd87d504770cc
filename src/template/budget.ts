import { LimitError } from './error.ts';

/** Templates are other people's text: these bounds are far above any commit message. */
export const limits = {
  templateCharacters: 64 * 1024,
  outputCharacters: 1024 * 1024,
  /** Units of work: a step of the template costs `stepCost`, text that a function makes one a character. */
  work: 4_000_000,
  stepCost: 8,
  /** Templates that call templates. */
  templateDepth: 100,
  /** Blocks and parentheses in one another, and values in values when they are printed. */
  nesting: 200,
} as const;

/** What one rendering may still cost. Whoever makes text or lists pays before making them. */
export class Budget {
  #left: number = limits.work;

  /** @throws LimitError once the work is used up. */
  spend(units: number): void {
    this.#left -= units;
    if (!(this.#left >= 0)) throw new LimitError('the template makes too much work; shorten what it repeats');
  }

  step(): void {
    this.spend(limits.stepCost);
  }

  /** A list or map of this many members is about to be made. */
  members(count: number): void {
    this.spend(count * limits.stepCost);
  }
}
