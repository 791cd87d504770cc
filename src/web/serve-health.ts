import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';

// Not imported: that evaluates all it exports, Node's whole `fetch` among it, which is 13 MiB that nobody here uses.
const { createServer } = process.getBuiltinModule('node:http');

export interface HealthServer extends AsyncDisposable {
  readonly url: string;
}

/** Serves `/healthz` (the process is alive), `/readyz` (every kind was listed once) and `/metrics`. */
export async function serveHealth(options: {
  host: string;
  port: number;
  metrics: Metrics;
  isReady: () => boolean;
  /** Lines that follow the `ok` of `/readyz`: what it does not do, and why. A replica that waits for another is ready. */
  notes?: () => readonly string[];
}): Promise<HealthServer> {
  const { host, port, metrics, isReady, notes = () => [] } = options;
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0];
    if (path === '/healthz') return answer(response, 200, 'ok\n');
    if (path === '/readyz')
      return isReady()
        ? answer(response, 200, ['ok', ...notes(), ''].join('\n'))
        : answer(response, 503, 'kinds are still being listed\n');
    if (path !== '/metrics') return answer(response, 404, 'not found\n');
    metrics.expose().then(
      ({ contentType, text }) => answer(response, 200, text, contentType),
      () => answer(response, 500, 'metrics could not be collected\n'),
    );
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${actual}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(response: ServerResponse, code: number, text: string, contentType = 'text/plain; charset=utf-8'): void {
  response.writeHead(code, { 'content-type': contentType, 'cache-control': 'no-store' }).end(text);
}
