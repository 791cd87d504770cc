import type { Round, RoundSetup } from './round.ts';

/** A way to break things, and what has to hold beside what always must. */
export interface Fault extends RoundSetup {
  readonly name: string;
  /** Breaks, and heals again; the bot runs and has settled. What was asked of it must then come true. */
  play(round: Round): Promise<void>;
  /** Beyond the invariants of every round; throws. Runs after all is well again. */
  check?(round: Round): Promise<void>;
  /** The round ends in a state of its own, which `check` judges. */
  readonly endsOtherwise?: true;
  /** The branch is rewritten by somebody. */
  readonly rewrites?: true;
}
