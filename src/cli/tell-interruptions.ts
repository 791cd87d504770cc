import { errorMessage } from '../core/index.ts';
import { cleanLine } from './clean-text.ts';
import type { Terminal } from './terminal.ts';

/** Says once that the server is away, and once that it is back, whatever number of watches notices. */
export function tellInterruptions({ note }: Pick<Terminal, 'note'>): { lost(error: unknown): void; back(): void } {
  let isAway = false;
  return {
    lost(error) {
      if (!isAway) note(`the API server is away, what follows may be late: ${cleanLine(errorMessage(error))}`);
      isAway = true;
    },
    back() {
      if (isAway) note('the API server is back');
      isAway = false;
    },
  };
}
