import { type ClusterOptions, openTransport } from './create-cluster.ts';

export interface PodLogOptions {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** Goes on with what is logged from now on, until `signal`. */
  readonly follow: boolean;
  /** Only the last so many lines. */
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  readonly signal: AbortSignal;
}

const idleMs = 24 * 60 * 60 * 1000;

/** The log of a container, as it comes. Throws `ClusterError` when the server cannot read it: no such pod, no node, no right to. */
export async function* followPodLog(options: ClusterOptions, log: PodLogOptions): AsyncGenerator<Buffer> {
  const { namespace, pod, container, follow, tailLines, sinceSeconds, signal } = log;
  const transport = openTransport(options);
  try {
    const { chunks } = await transport.stream(
      {
        method: 'GET',
        path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`,
        query: {
          container,
          follow: follow ? 'true' : undefined,
          tailLines: tailLines === undefined ? undefined : String(tailLines),
          sinceSeconds: sinceSeconds === undefined ? undefined : String(sinceSeconds),
        },
        accept: '*/*',
        signal,
      },
      idleMs,
    );
    yield* chunks;
  } finally {
    await transport.close();
  }
}
