import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AppOptions, createApp } from '../../app/index.ts';
import { type Cluster, silentLog } from '../../core/index.ts';
import type { Engine } from '../../engine/index.ts';
import type { Session } from '../session.ts';
import { ObservationBook } from './observation-book.ts';
import { untilSettled } from './until-settled.ts';

/** Looks at a cluster as `run --observe` does until all was looked at, with a state folder that goes again, and hands over what was seen. */
export async function observeOnce<Answer>(
  cluster: Cluster,
  options: Pick<AppOptions, 'clock' | 'controllers' | 'onPlanned'>,
  { signal }: Session,
  read: (book: ObservationBook, engine: Engine) => Promise<Answer>,
): Promise<Answer> {
  const stateFolder = await mkdtemp(join(tmpdir(), 'tagalong-observe-'));
  const book = new ObservationBook();
  const app = await createApp({ home: cluster, target: cluster, stateFolder, log: silentLog, ...options, observed: book.take });
  try {
    await app.start();
    await untilSettled(app.engine, options.clock, signal);
    return await read(book, app.engine);
  } finally {
    await app.stop();
    await rm(stateFolder, { recursive: true, force: true });
  }
}
