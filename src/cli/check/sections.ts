import { ClusterError } from '../../cluster/index.ts';
import type { Progress } from '../progress.ts';
import { bad, type Finding } from './finding.ts';

export interface Sections {
  /** Looks, and says what was found. A refusal of the API server is a finding too. */
  section(title: string, look: () => Promise<readonly Finding[]>): Promise<void>;
  /** Whether nothing bad was found so far. */
  isFine(): boolean;
}

export function createSections(progress: Progress): Sections {
  let fine = true;
  return {
    isFine: () => fine,
    async section(title, look) {
      progress.action(`checking ${title}`);
      const findings = await look().catch(describeRefusal);
      for (const finding of findings) say(progress, finding);
      fine &&= findings.every(({ level }) => level !== 'bad');
    },
  };
}

function describeRefusal(error: unknown): Finding[] {
  if (error instanceof ClusterError) return [bad(error.message)];
  throw error;
}

function say(progress: Progress, { level, text }: Finding): void {
  if (level === 'good') progress.success(text);
  else if (level === 'bad') progress.failure(text);
  else if (level === 'warning') progress.warning(text);
  else progress.action(text);
}
