import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { kustomization, secret, updateGuard } from '../journeys/support/resources.ts';
import { conditionOf } from '../journeys/support/start-loop.ts';
import { garbage } from './api-faults.ts';
import type { Fault } from './fault.ts';
import type { Round } from './round.ts';
import { startStranger } from './stranger.ts';
import { patienceMs, until } from './until.ts';

/** What others send that is no answer: an error, never a crash, and everything else goes on. */
export const garbageFaults: readonly Fault[] = [
  {
    name: 'garbage-from-a-gate',
    async play(round) {
      await using gate = await startStranger(() => nonsense(round));
      const spec = {
        policySelector: {},
        gate: { url: `${gate.url}/`, expression: 'response.body.ok == true', timeout: '2s', cacheFor: '1s' },
      };
      await round.loop.apply(updateGuard(spec));
      await round.wait(200, 400);
      await round.bump();
      await until('the gate to be asked', async () => gate.seen.length > 0);
      await round.wait(500, 1500);
      await round.loop.delete('UpdateGuard', 'guard');
    },
  },
  {
    name: 'garbage-from-a-cluster',
    async play(round) {
      await using cluster = await startStranger(() => nonsense(round));
      await round.loop.apply(secret('remote', { value: kubeconfigTo(cluster.url) }));
      const spec = { kubeConfig: { secretRef: { name: 'remote' } }, prune: false };
      await round.loop.apply(kustomization('./other', { spec }, 'remote'));
      await until('the remote cluster to be asked', async () => cluster.seen.length > 0);
      await round.bump();
      await until('an error that says so', async () => {
        const ready = conditionOf(await round.loop.get('Kustomization', 'remote'), 'Ready');
        return ready?.status === 'False' && ready.message !== '';
      });
      await round.settle();
      await round.loop.delete('Kustomization', 'remote');
    },
  },
  {
    name: 'garbage-from-a-forge',
    async play(round) {
      await using forge = await startStranger(() => nonsense(round));
      await round.loop.apply(secret('forge-token', { token: 'canary-of-the-forge' }));
      const annotations = {
        'tagalong.dev/pull-request': 'true',
        'tagalong.dev/forge': round.random.pick(['github', 'gitlab', 'gitea', 'forgejo']),
        'tagalong.dev/forge-url': forge.url,
        'tagalong.dev/forge-secret': 'forge-token',
      };
      await round.loop.patch('ImageUpdateAutomation', 'fleet', { metadata: { annotations } });
      await round.bump();
      await until('the forge to be asked', async () => forge.seen.length > 0);
      await until('an error that says so', async () => {
        const ready = conditionOf(await round.loop.get('ImageUpdateAutomation', 'fleet'), 'Ready');
        return ready?.status === 'False' && ready.message !== '' && !ready.message.includes('canary');
      });
      const none = Object.fromEntries(Object.keys(annotations).map((name) => [name, null]));
      await round.loop.patch('ImageUpdateAutomation', 'fleet', { metadata: { annotations: none } });
    },
  },
  {
    name: 'garbage-to-a-receiver',
    flags: ['--webhook-addr', '127.0.0.1:0'],
    async play(round) {
      await round.loop.apply(secret('hook', { token: 'canary-of-the-hook' }));
      const types = ['generic', 'generic-hmac', 'github', 'gitlab', 'harbor', 'dockerhub', 'quay', 'nexus'];
      await round.loop.apply(...types.map(receiver));
      for (const type of types) {
        const url = await until(`the address of ${type}`, () => addressOf(round, type));
        for (const body of [...garbage, '{"a":'.repeat(5_000), `{"tag":"${'x'.repeat(100_000)}"}`]) await call(round, url, body);
      }
      await round.bump();
    },
  },
];

function nonsense({ random }: Round): { status: number; body: string } {
  return { status: random.pick([200, 200, 201, 500, 302, 404]), body: random.pick(garbage) };
}

function kubeconfigTo(server: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'x',
    clusters: [{ name: 'x', cluster: { server } }],
    users: [{ name: 'x', user: { token: 'of-nobody' } }],
    contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
  });
}

function receiver(type: string) {
  return {
    apiVersion: 'notification.toolkit.fluxcd.io/v1',
    kind: 'Receiver',
    metadata: { name: type, namespace: 'default' },
    spec: { type, secretRef: { name: 'hook' }, resources: [{ kind: 'ImageRepository', name: 'web' }] },
  };
}

async function addressOf({ loop, logFile }: Round, name: string): Promise<string | undefined> {
  const ref = { group: 'notification.toolkit.fluxcd.io', version: 'v1', kind: 'Receiver', namespace: 'default', name };
  const found = await loop.cluster.get(ref);
  const listening = found === null ? undefined : conditionOf(found, 'Listening');
  if (listening?.status !== 'True') return undefined;
  // The port was any free one, which the log names.
  const said = (await readFile(logFile, 'utf8')).match(/"url":"([^"]+)","msg":"listening for webhooks"/);
  return said?.[1] === undefined ? undefined : `${said[1]}${new URL(listening.message).pathname}`;
}

/** With a right signature, a wrong one or none: what is refused and what is read must both end well. */
async function call({ random }: Round, url: string, body: string): Promise<void> {
  const signature = createHmac('sha256', 'canary-of-the-hook').update(body).digest('hex');
  const headers = random.pick<Readonly<Record<string, string>>>([
    { 'X-Signature': `sha256=${signature}`, 'X-Hub-Signature-256': `sha256=${signature}`, 'X-GitHub-Event': 'push' },
    { 'X-Gitlab-Token': 'canary-of-the-hook', authorization: 'canary-of-the-hook' },
    { 'X-Signature': 'sha256=', 'X-Hub-Signature': 'sha1=zz' },
    {},
  ]);
  const request = { method: 'POST', body, headers, signal: AbortSignal.timeout(patienceMs) };
  // A connection that was kept may be closed by the other side at the very moment at which it is used: once more then.
  const answer = await fetch(url, request)
    .catch(() => fetch(url, request))
    .catch((error: Error) => {
      throw new Error(`${url} did not answer ${JSON.stringify(body.slice(0, 40))}: ${String(error.cause ?? error)}`);
    });
  const text = await answer.text();
  if (answer.status >= 500 && answer.status !== 503)
    throw new Error(`${url} answered ${answer.status} ${text} to ${body.slice(0, 80)}`);
  if (text.includes('canary')) throw new Error('an answer holds a token');
}
