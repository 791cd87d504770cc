import { errorMessage, type Log } from '../../core/index.ts';
import { describePassive, type Leases } from '../../lease/index.ts';
import { type Metrics, serveHealth } from '../../web/index.ts';
import { CliError } from '../error.ts';
import type { RunOptions } from './run-options.ts';
import type { ClockWatch } from './watch-clocks.ts';

interface Served {
  readonly metrics: Metrics;
  readonly leases: Leases | null;
  readonly clocks: ClockWatch;
  isReady(): boolean;
}

/** Serves health and metrics, where an address was given for them. */
export async function serveListeners(
  { httpAddr }: RunOptions,
  { metrics, leases, clocks, isReady }: Served,
  log: Log,
  stack: AsyncDisposableStack,
): Promise<void> {
  if (httpAddr === undefined) return;
  const notes = () => [...describePassive(leases?.states() ?? []), ...clocks.notes()];
  const serving = serveHealth({ ...httpAddr, metrics, isReady, notes }).catch((error: unknown) => {
    throw new CliError('FAILED', `serving health and metrics at --http-addr: ${errorMessage(error)}`);
  });
  const server = stack.use(await serving);
  log.info('serving health and metrics', { url: server.url });
}
