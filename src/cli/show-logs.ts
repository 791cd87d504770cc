import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { partOfLabel, productVersion } from '../api/index.ts';
import { ClusterError, followPodLog } from '../cluster/index.ts';
import { type Cluster, type KubeObject, silentLog } from '../core/index.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { CliError } from './error.ts';
import { exitCode } from './exit-code.ts';
import { followFile } from './follow-file.ts';
import { formatLogLine, type LogFilter } from './format-log-line.ts';
import { findKubeconfig, withCluster } from './open-cluster.ts';
import { createProgress } from './progress.ts';
import type { Session } from './session.ts';

export interface LogsOrder {
  readonly file?: string;
  readonly follow?: boolean;
  readonly tail?: number;
  readonly since?: number;
  readonly level?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly fluxNamespace?: string;
}

/** Prints what the bot logged, from its pods or from a file. */
export async function showLogs(order: LogsOrder, target: ClusterOptions, session: Session): Promise<void> {
  const print = createPrinter(filterOf(order, session), session);
  if (order.file !== undefined) return printLines(await readLogFile(order.file, order, session), order, print);
  const namespace = order.fluxNamespace ?? (session.environment['FLUX_SYSTEM_NAMESPACE'] || 'flux-system');
  const pods = await withCluster(target, session, (cluster) => findPods(cluster, namespace, session.signal));
  if (pods.length === 0)
    throw new CliError(
      'NOT_FOUND',
      `no pod of a Deployment with the label ${partOfLabel}=flux in namespace "${namespace}"; where the bot runs outside of a cluster, start it with --log-file and give that file with --file`,
    );
  await Promise.all(pods.map((pod) => printPod(pod, order, { target, session, print })));
}

function filterOf({ level, kind, name, namespace, since }: LogsOrder, { clock }: Session): LogFilter {
  return {
    ...(level === undefined ? {} : { level }),
    ...(kind === undefined ? {} : { kind }),
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(since === undefined ? {} : { since: new Date(clock.now() - since).toISOString() }),
  };
}

function createPrinter(filter: LogFilter, { terminal }: Session): (line: string) => void {
  return (line) => {
    const text = formatLogLine(line, filter);
    if (text !== null) terminal.answer(text);
  };
}

async function printLines(
  lines: AsyncIterable<string>,
  { tail, follow }: LogsOrder,
  print: (line: string) => void,
): Promise<void> {
  if (tail === undefined || follow === true) for await (const line of lines) print(line);
  else for (const line of await lastLines(lines, tail)) print(line);
}

async function lastLines(lines: AsyncIterable<string>, count: number): Promise<string[]> {
  const last: string[] = [];
  for await (const line of lines) {
    last.push(line);
    if (last.length > count) last.shift();
  }
  return last;
}

async function readLogFile(file: string, { follow = false }: LogsOrder, { signal }: Session): Promise<AsyncIterable<string>> {
  if (file === '-') return createInterface({ input: process.stdin });
  if (follow) return followFile(file, signal);
  const input = createReadStream(file, { signal });
  await new Promise((resolve, reject) => {
    input.once('open', resolve);
    input.once('error', (error) => reject(new CliError('USAGE', `--file ${file}: ${error.message}`, error)));
  });
  return createInterface({ input });
}

/** One pod of each Deployment that belongs to the installation: those that run first. */
async function findPods(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<KubeObject[]> {
  const labelSelector = `${partOfLabel}=flux`;
  const deployments = await cluster.list(
    { group: 'apps', version: 'v1', kind: 'Deployment' },
    { namespace, labelSelector, signal },
  );
  const lists = await Promise.all(
    deployments.items.map(async (deployment) => {
      const { selector } = deployment['spec'] as { selector: { matchLabels?: Record<string, string> } };
      const labels = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
      const { items } = await cluster.list(
        { group: '', version: 'v1', kind: 'Pod' },
        { namespace, labelSelector: labels.join(','), signal },
      );
      return items.toSorted((a, b) => Number(isRunning(b)) - Number(isRunning(a))).slice(0, 1);
    }),
  );
  return lists.flat();
}

function isRunning({ status }: KubeObject): boolean {
  return (status as { phase?: string } | undefined)?.phase === 'Running';
}

async function printPod(
  pod: KubeObject,
  { follow = false, tail, since }: LogsOrder,
  { target, session, print }: { target: ClusterOptions; session: Session; print: (line: string) => void },
): Promise<void> {
  const { namespace = '', name } = pod.metadata;
  const [container] = (pod['spec'] as { containers: readonly { name: string }[] }).containers;
  const options = {
    kubeconfig: findKubeconfig(target, session.environment),
    ...(target.context === undefined ? {} : { context: target.context }),
    ...{ userAgent: `tagalong/${productVersion}`, clock: session.clock, log: silentLog },
  };
  const log = {
    ...{ namespace, pod: name, container: container?.name ?? 'manager', follow, signal: session.signal },
    ...(tail === undefined ? {} : { tailLines: tail }),
    ...(since === undefined ? {} : { sinceSeconds: Math.max(1, Math.round(since / 1000)) }),
  };
  try {
    for await (const line of splitLines(followPodLog(options, log))) print(line);
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    createProgress(session.terminal).failure(`reading the log of ${namespace}/${name}: ${error.message}`);
    session.exitCode = exitCode.failed;
  }
}

async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
