import { errorMessage } from '../core/index.ts';
import { createLook } from './look.ts';
import type { Narrator } from './narrator.ts';
import { startStopwatch } from './scene-tools.ts';
import { type Scene, scenes } from './scenes.ts';
import { createPatience, type Stage } from './stage.ts';

export interface Played {
  readonly scene: string;
  readonly seconds: number;
  /** Null when it went as it must. */
  readonly error: string | null;
}

const patienceMs = 60_000;

/** Plays the scenes one after another and stops at the first that fails, since each builds on the one before. */
export async function playScenes(stage: Stage, narrator: Narrator, list: readonly Scene[] = scenes): Promise<Played[]> {
  const played: Played[] = [];
  for (const [index, scene] of list.entries()) {
    narrator.title(`${index + 1}. ${scene.name}`);
    const result = await playScene(scene, stage, narrator);
    played.push(result);
    if (result.error !== null) break;
  }
  return played;
}

async function playScene(scene: Scene, stage: Stage, narrator: Narrator): Promise<Played> {
  const start = performance.now();
  const patience = createPatience(patienceMs, (what) => narrator.waiting(what));
  const tools = {
    stage,
    look: createLook(stage.cluster),
    until: patience.until,
    say: narrator.line,
    quote: narrator.quote,
    watch: startStopwatch(),
    stopwatch: startStopwatch,
  };
  const error = await scene.play(tools).then(() => null, errorMessage);
  return { scene: scene.name, seconds: (performance.now() - start) / 1000, error };
}

/** One line a scene, and what it all took. */
export function summarise(played: readonly Played[]): string[] {
  const width = Math.max(...played.map(({ scene }) => scene.length));
  const lines = played.map(({ scene, seconds, error }, index) => {
    return `${error === null ? '✔' : '✗'} ${index + 1}. ${scene.padEnd(width)}  ${seconds.toFixed(2).padStart(6)} s`;
  });
  const failed = played.find(({ error }) => error !== null);
  return failed === undefined ? lines : [...lines, `scene "${failed.scene}" failed: ${failed.error}`];
}
