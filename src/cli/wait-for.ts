import { type Cluster, errorMessage, formatDuration, type KubeObject, type NamespacedName } from '../core/index.ts';
import { CliError } from './error.ts';
import { findObject } from './find-objects.ts';
import type { KindView } from './kind-views.ts';
import type { Session } from './session.ts';

export interface Wait {
  readonly view: KindView;
  readonly target: NamespacedName;
  readonly timeoutMs: number;
  /** For the message of a wait that took too long: what the object says meanwhile. */
  describe(object: KubeObject): string;
}

const pauseMs = 250;

/** Looks at an object again and again until `isDone`. Throws TIMEOUT with what it said last, NOT_FOUND when it goes. */
export async function waitFor(
  cluster: Cluster,
  { view, target, timeoutMs, describe }: Wait,
  { clock, signal }: Pick<Session, 'clock' | 'signal'>,
  isDone: (object: KubeObject) => boolean,
): Promise<KubeObject> {
  const deadline = clock.now() + timeoutMs;
  for (;;) {
    const object = await findObject(cluster, view, target, signal);
    if (isDone(object)) return object;
    if (clock.now() + pauseMs > deadline) {
      throw new CliError(
        'TIMEOUT',
        `timed out after ${formatDuration(timeoutMs)} waiting for ${view.served.kind} ${target.name}: ${describe(object)}`,
      );
    }
    await pause(clock, signal);
  }
}

/** The clock's timers let the process end; a wait is what it stays for. */
async function pause(clock: Session['clock'], signal: AbortSignal): Promise<void> {
  const stay = setInterval(() => {}, 60_000);
  try {
    await clock.sleep(pauseMs, signal);
  } catch (error) {
    throw error instanceof CliError ? error : new CliError('FAILED', errorMessage(error), error);
  } finally {
    clearInterval(stay);
  }
}
