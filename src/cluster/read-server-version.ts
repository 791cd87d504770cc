import { type ClusterOptions, openTransport } from './create-cluster.ts';

/** What the API server calls its version: `v1.36.3`. */
export async function readServerVersion(options: ClusterOptions, signal: AbortSignal): Promise<string> {
  const transport = openTransport(options);
  try {
    const answer = (await transport.send({ method: 'GET', path: '/version', signal })) as { gitVersion?: string };
    return answer.gitVersion ?? 'unknown';
  } finally {
    await transport.close();
  }
}
