import { conditionOf, type Look } from './look.ts';
import type { Patience, Stage } from './stage.ts';

export interface SceneTools {
  readonly stage: Stage;
  readonly look: Look;
  readonly until: Patience['until'];
  say(text: string): void;
  quote(text: string): void;
  /** How long it is since the scene began, as text. */
  watch(): string;
  /** A stopwatch of its own, for something that begins later. */
  stopwatch(): () => string;
}

/** Resolves when `apps` has applied this commit and is ready. */
export async function applyIsAt(commit: string, { look, until }: Pick<SceneTools, 'look' | 'until'>): Promise<void> {
  await until(`apps to be ready at ${commit.slice(0, 7)}`, async () => {
    const apps = await look.kustomization('apps');
    return apps?.status?.lastAppliedRevision === `main@sha1:${commit}` && conditionOf(apps, 'Ready')?.status === 'True';
  });
}

/** A started stopwatch: each call tells the time since, `0.42 s`. */
export function startStopwatch(): () => string {
  const start = performance.now();
  return () => `${((performance.now() - start) / 1000).toFixed(2)} s`;
}
