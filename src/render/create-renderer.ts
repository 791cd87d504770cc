import type { Clock } from '../core/index.ts';
import type { CommitFacts, RenderedTemplate } from '../template/index.ts';
import { WorkThread } from '../thread/index.ts';

/** One template of somebody else, and what it is applied to. */
export interface RenderTask {
  readonly text: string;
  readonly facts: CommitFacts;
}

/** Renders templates that others wrote in a thread of its own: the event loop, and whoever else works on it, never waits for one. */
export interface Renderer {
  /** Never rejects; `failed` also where it took too long. */
  render(task: RenderTask): Promise<RenderedTemplate>;
  close(): Promise<void>;
}

export interface RendererOptions {
  readonly clock: Clock;
  /** For one template; default ten seconds. */
  readonly timeoutMs?: number;
  /** How long an idle thread is kept; default half a minute. */
  readonly idleMs?: number;
}

/** What a template makes is bounded by its budget to far less. */
const memory = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 };

/** No thread runs before the first template, nor when none was rendered for a while. */
export function createRenderer({ clock, timeoutMs = 10_000, idleMs = 30_000 }: RendererOptions): Renderer {
  const program = new URL('./worker.ts', import.meta.url);
  const thread = new WorkThread<RenderTask, RenderedTemplate>({ program, clock, timeoutMs, idleMs, memory });
  return {
    async render(task) {
      const answer = await thread.ask(task);
      if (answer.kind === 'answer') return answer.answer;
      return { kind: 'failed', message: `template: commit message: ${answer.because}; shorten what it repeats` };
    },
    close: () => thread.close(),
  };
}
