import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { servedKinds } from '../../src/api/index.ts';
import { silentLog, systemClock } from '../../src/core/index.ts';
import { type EmbeddedStage, startEmbeddedStage } from '../../src/demo/index.ts';
import { KubernetesClient, type Reply } from '../contract/kubernetes-client.ts';

// The flux CLI itself is driven in test/cluster; here its requests are made again, so that a machine without it also sees what it would.

interface Recorded {
  readonly verb: 'get' | 'list' | 'create' | 'patch' | 'delete';
  readonly uri: string;
  readonly code: number;
  readonly body?: Record<string, unknown>;
  /** Repeated while the command waited for the object to settle. */
  readonly times?: number;
}

const commands: readonly { readonly command: string; readonly requests: readonly Recorded[] }[] = JSON.parse(
  readFileSync(new URL('fixtures/flux-cli-requests.json', import.meta.url), 'utf8'),
);

let stage: EmbeddedStage;
let client: KubernetesClient;
beforeAll(async () => {
  stage = await startEmbeddedStage({ clock: systemClock, log: silentLog });
  client = new KubernetesClient(stage.controlPlane);
  await stage.cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'second' } });
  const kinds = '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations/apps';
  const image = '/apis/image.toolkit.fluxcd.io/v1/namespaces/flux-system';
  for (const path of [kinds, `${image}/imagepolicies/web`, `${image}/imageupdateautomations/sample`])
    await untilSettled(path, null);
});
afterAll(async () => {
  await client?.close();
  await stage?.[Symbol.asyncDispose]();
});

/** The recorded objects under the names that the sample has. */
function translate(text: string): string {
  return text
    .replaceAll(/(gitrepositories|imageupdateautomations|metadata\.name%3D)\/?infra\b/g, (match) =>
      match.replace('infra', 'sample'),
    )
    .replace('/namespaces/default/deployments/web', '/namespaces/shop/deployments/web')
    .replaceAll('http://git.example/infra.git', stage.gitHost.url('sample'));
}

function isServed(uri: string): boolean {
  const [, group, version, plural] = /^\/apis\/([^/]+)\/([^/]+)(?:\/namespaces\/[^/]+)?\/([^/?]+)/.exec(uri) ?? [];
  if (group === undefined || !group.endsWith('.toolkit.fluxcd.io')) return true;
  return servedKinds.some((kind) => kind.group === group && kind.version === version && kind.plural === plural);
}

const methods = { get: 'GET', list: 'GET', create: 'POST', patch: 'PATCH', delete: 'DELETE' } as const;

async function send({ verb, uri, body }: Recorded, token: string): Promise<Reply> {
  const text =
    body === undefined
      ? undefined
      : translate(JSON.stringify(body)).replace(/("reconcile\.fluxcd\.io\/requestedAt": ?)"[^"]*"/, `$1"${token}"`);
  const sent =
    verb === 'delete' ? { kind: 'DeleteOptions', apiVersion: 'v1' } : text === undefined ? undefined : JSON.parse(text);
  const headers = verb === 'patch' ? { 'content-type': 'application/merge-patch+json' } : {};
  return client.ask(methods[verb], translate(uri), sent, headers);
}

interface Settling {
  readonly metadata: { readonly generation?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly lastHandledReconcileAt?: string;
    readonly conditions?: readonly { type: string; status: string }[];
  };
}

/** As flux waits: the token answered, the generation observed, nothing under way, and Ready. */
function isSettled({ metadata, status = {} }: Settling, token: string | null): boolean {
  const { conditions = [] } = status;
  return (
    (token === null || status.lastHandledReconcileAt === token) &&
    status.observedGeneration === metadata.generation &&
    !conditions.some(({ type, status: value }) => (type === 'Reconciling' || type === 'Stalled') && value === 'True') &&
    conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True')
  );
}

async function untilSettled(path: string, token: string | null): Promise<Reply> {
  const end = Date.now() + 20_000;
  for (;;) {
    const reply = await client.get(path);
    if (reply.code === 200 && isSettled(reply.body, token)) return reply;
    if (Date.now() > end) throw new Error(`${path} did not settle: ${JSON.stringify(reply.body)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test.for(commands.map(({ command, requests }, index) => ({ command, requests, index })))(
  '$index: $command gets the answers it waits for',
  async ({ requests, index }) => {
    const token = `2026-01-01T00:00:00.${String(index).padStart(9, '0')}Z`;
    let asked: string | null = null;
    let wrote = false;
    for (const request of requests) {
      const { verb, uri, code, times } = request;
      if (verb === 'get' && wrote && times !== undefined) {
        await untilSettled(translate(uri), asked);
        continue;
      }
      const answer = await send(request, token);
      expect([verb, uri, answer.code]).toEqual([verb, uri, isServed(uri) ? code : 404]);
      if (answer.code === 200 && verb === 'list')
        expect(answer.body).toMatchObject({
          kind: expect.stringMatching(/List$/),
          items: expect.any(Array),
          metadata: { resourceVersion: expect.any(String) },
        });
      if (verb === 'patch' || verb === 'create') {
        wrote = true;
        if (JSON.stringify(request.body).includes('requestedAt')) asked = token;
      }
    }
  },
);
