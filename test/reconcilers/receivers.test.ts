import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { customResourceDefinitions, findCondition, type Receiver, type ReceiverSpec } from '../../src/api/index.ts';
import { type App, createApp } from '../../src/app/index.ts';
import { createCluster } from '../../src/cluster/index.ts';
import { type ControlPlane, startControlPlane } from '../../src/control-plane/index.ts';
import { type Cluster, type KubeObject, silentLog, systemClock } from '../../src/core/index.ts';
import { webhookPath } from '../../src/receive/index.ts';
import { findFreePort } from '../real/free-port.ts';
import { waitUntil } from '../real/index.ts';

const namespace = 'default';
const token = 's3cret';
let plane: ControlPlane;
let cluster: Cluster;
let app: App;
let folder: string;
let url: string;
let issuer: Issuer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'receivers-'));
  plane = await startControlPlane({
    clock: systemClock,
    log: silentLog,
    customResourceDefinitions: customResourceDefinitions(),
  });
  cluster = await createCluster({
    kubeconfig: { yaml: plane.kubeconfigYaml },
    userAgent: 'test',
    clock: systemClock,
    log: silentLog,
  });
  issuer = await startIssuer();
  const port = await findFreePort();
  url = `http://127.0.0.1:${port}`;
  app = await createApp({
    ...{ home: cluster, target: cluster, stateFolder: folder, clock: systemClock, log: silentLog },
    controllers: ['notification'],
    webhooks: { host: '127.0.0.1', port },
  });
  await app.start();
  await cluster.create(object('v1', 'Secret', 'webhook', { stringData: { token } }));
  for (const name of ['web', 'api', 'hidden'])
    await cluster.create({
      ...object('image.toolkit.fluxcd.io/v1', 'ImageRepository', name, {
        spec: { image: `ghcr.io/acme/${name}`, interval: '1h' },
      }),
      metadata: { name, namespace, ...(name !== 'hidden' && { labels: { team: 'acme' } }) },
    });
});
afterAll(async () => {
  await app.stop();
  await cluster.close();
  await plane.stop();
  await issuer[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function object(apiVersion: string, kind: string, name: string, fields: object): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace }, ...fields };
}

interface Issuer extends AsyncDisposable {
  readonly url: string;
  readonly key: KeyObject;
}

/** Publishes its keys as OpenID Connect has it. */
async function startIssuer(): Promise<Issuer> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    const answers: Record<string, unknown> = {
      '/.well-known/openid-configuration': { issuer: `http://127.0.0.1:${port}`, jwks_uri: `http://127.0.0.1:${port}/keys` },
      '/keys': { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256' }] },
    };
    response.end(JSON.stringify(answers[request.url ?? ''] ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    key: privateKey,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const web = [{ kind: 'ImageRepository', name: 'web' }] as const;
let made = 0;

/** A Receiver that is ready; its path. */
async function receiver(spec: Partial<ReceiverSpec> & Pick<ReceiverSpec, 'type'>): Promise<string> {
  made += 1;
  const name = `r${made}`;
  const secret = spec.type === 'generic-oidc' ? {} : { secretRef: { name: 'webhook' } };
  await cluster.create(
    object('notification.toolkit.fluxcd.io/v1', 'Receiver', name, { spec: { ...secret, resources: web, ...spec } }),
  );
  const ready = await settled(name, 'True');
  expect(ready.message).toBe(`Receiver initialized for path: ${ready.path}`);
  return ready.path;
}

async function settled(
  name: string,
  status: string,
): Promise<{ path: string; message: string; reason: string; stalled: boolean }> {
  const ref = { group: 'notification.toolkit.fluxcd.io', version: 'v1', kind: 'Receiver', namespace, name };
  let found: Receiver | null = null;
  await waitUntil(`${name} to be ${status}`, async () => {
    found = (await cluster.get(ref)) as Receiver | null;
    return findCondition(found?.status?.conditions, 'Ready')?.status === status;
  });
  const { status: state } = found as unknown as Receiver;
  const { message = '', reason = '' } = findCondition(state?.conditions, 'Ready') ?? {};
  const stalled = findCondition(state?.conditions, 'Stalled')?.status === 'True';
  return { path: state?.webhookPath ?? '', message, reason, stalled };
}

async function call(path: string, body: unknown, headers: Record<string, string> = {}): Promise<number> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(url + path, {
    method: 'POST',
    body: text,
    headers: { 'content-type': 'application/json', ...headers },
  });
  expect(await response.text()).toBe('');
  return response.status;
}

/** What the ImageRepositories, or others of the image kinds, were asked last. */
async function asked(kind = 'ImageRepository'): Promise<Record<string, string | undefined>> {
  const { items } = await cluster.list({ group: 'image.toolkit.fluxcd.io', version: 'v1', kind });
  return Object.fromEntries(
    items.map(({ metadata }) => [metadata.name, metadata.annotations?.['reconcile.fluxcd.io/requestedAt']]),
  );
}

/** Which of them are asked by what `act` does. A second passes first: one is asked once in it. */
async function askedBy(act: () => Promise<unknown>, kind?: string): Promise<string[]> {
  await systemClock.sleep(1_050);
  const before = await asked(kind);
  await act();
  const after = await asked(kind);
  return Object.keys(after).filter((name) => after[name] !== before[name]);
}

const automationsAskedBy = (act: () => Promise<unknown>) => askedBy(act, 'ImageUpdateAutomation');

const hmac = (algorithm: string, body: unknown, secret = token) =>
  createHmac(algorithm, secret).update(JSON.stringify(body)).digest('hex');

describe('who may call', () => {
  const body = { action: 'published' };
  test.for<[string, ReceiverSpec['type'], unknown, Record<string, string>, number]>([
    ['generic takes everybody who knows the path', 'generic', body, {}, 200],
    ['a signature with sha512', 'generic-hmac', body, { 'x-signature': `sha512=${hmac('sha512', body)}` }, 200],
    ['a signature with sha1', 'generic-hmac', body, { 'x-signature': `sha1=${hmac('sha1', body)}` }, 200],
    ['a signature in capitals', 'generic-hmac', body, { 'x-signature': `sha256=${hmac('sha256', body).toUpperCase()}` }, 200],
    ['a signature with another secret', 'generic-hmac', body, { 'x-signature': `sha256=${hmac('sha256', body, 'x')}` }, 404],
    ['a signature with md5', 'generic-hmac', body, { 'x-signature': `md5=${hmac('md5', body)}` }, 404],
    ['no signature', 'generic-hmac', body, {}, 404],
    ['GitHub', 'github', body, { 'x-hub-signature-256': `sha256=${hmac('sha256', body)}` }, 200],
    ['GitHub, of another body', 'github', body, { 'x-hub-signature-256': `sha256=${hmac('sha256', { a: 1 })}` }, 404],
    ['GitHub, without a signature', 'github', body, {}, 404],
    ['GitHub, the old signature', 'github', body, { 'x-hub-signature': `sha1=${hmac('sha1', body)}` }, 200],
    [
      'GitHub, as text',
      'github',
      body,
      { 'x-hub-signature-256': `sha256=${hmac('sha256', body)}`, 'content-type': 'text/plain' },
      400,
    ],
    ['GitLab', 'gitlab', body, { 'x-gitlab-token': token }, 200],
    ['GitLab, with another token', 'gitlab', body, { 'x-gitlab-token': `${token}x` }, 404],
    ['Bitbucket', 'bitbucket', body, { 'x-hub-signature': `sha256=${hmac('sha256', body)}` }, 200],
    ['Harbor', 'harbor', body, { authorization: token }, 200],
    ['Harbor, with another word', 'harbor', body, { authorization: `Bearer ${token}` }, 404],
    ['Nexus', 'nexus', body, { 'x-nexus-webhook-signature': hmac('sha1', body) }, 200],
    ['Nexus, without a signature', 'nexus', body, {}, 404],
    ['Quay', 'quay', { docker_url: 'quay.io/acme/x', updated_tags: ['1'] }, {}, 200],
    ['Quay, of another shape', 'quay', { updated_tags: ['1'] }, {}, 400],
    ['Docker Hub', 'dockerhub', { push_data: { tag: '1' }, repository: { repo_url: 'https://x' } }, {}, 200],
    ['Docker Hub, with no JSON', 'dockerhub', 'tag=1', {}, 400],
    ['ACR', 'acr', { action: 'push', target: { repository: 'web', tag: '1' } }, {}, 200],
    ['CDEvents', 'cdevents', { context: { id: '1', type: 'dev.cdevents.artifact.published' }, subject: { id: 'x' } }, {}, 200],
    ['CDEvents, of another shape', 'cdevents', {}, {}, 400],
    ['GCR, without a token', 'gcr', { message: { data: 'e30=' } }, {}, 404],
  ])('%s', async ([, type, payload, headers, status]) => {
    expect(await call(await receiver({ type }), payload, headers)).toBe(status);
  });

  test('a form of GitHub is signed as it is sent', async () => {
    const path = await receiver({ type: 'github' });
    const form = new URLSearchParams({ payload: JSON.stringify(body) }).toString();
    const signature = createHmac('sha256', token).update(form).digest('hex');
    const headers = { 'x-hub-signature-256': `sha256=${signature}`, 'content-type': 'application/x-www-form-urlencoded' };
    expect(await call(path, form, headers)).toBe(200);
  });

  test('an unknown path, a wrong signature and a query are answered alike', async () => {
    const path = await receiver({ type: 'generic-hmac' });
    const unknown = webhookPath('x', { name: 'y', namespace });
    expect(await Promise.all([call(unknown, {}), call(path, {}), call(`${path}?x=1`, {})])).toEqual([404, 404, 404]);
  });

  test.for<[string, string[], Record<string, string>, number]>([
    ['an event that is wanted, whatever its case', ['Ping', 'PUSH'], { 'x-github-event': 'push' }, 200],
    ['another event', ['push'], { 'x-github-event': 'star' }, 400],
    ['no event where none is asked for', [], {}, 200],
  ])('%s', async ([, events, headers, status]) => {
    const signature = { 'x-hub-signature-256': `sha256=${hmac('sha256', {})}` };
    expect(await call(await receiver({ type: 'github', events }), {}, { ...headers, ...signature })).toBe(status);
  });

  test('a body of more than three megabytes is refused', async () => {
    expect(await call(await receiver({ type: 'generic' }), 'x'.repeat(3 * 1024 * 1024 + 1))).toBe(413);
  });
});

describe('tokens of an issuer', () => {
  const provider = (more: object = {}) => ({
    type: 'generic-oidc' as const,
    oidcProviders: [
      {
        issuerURL: issuer.url,
        variables: [
          { name: 'parts', expression: "claims.repository.split('/')" },
          { name: 'owner', expression: 'vars.parts[0]' },
        ],
        validations: [{ expression: "vars.owner == 'acme'", message: 'only acme' }],
        ...more,
      },
    ],
  });
  const sign = (
    claims: Record<string, unknown>,
    more: { audience?: string; expires?: string; key?: KeyObject; issuer?: string } = {},
  ) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuer(more.issuer ?? issuer.url)
      .setAudience(more.audience ?? 'notification-controller')
      .setExpirationTime(more.expires ?? '5m')
      .sign(more.key ?? issuer.key);
  const stranger = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

  test.for<[string, () => Promise<string>, number]>([
    ['of the repository that is let in', () => sign({ repository: 'acme/web' }), 200],
    ['of another owner', () => sign({ repository: 'evil/web' }), 404],
    ['without the claim', () => sign({}), 404],
    ['for another audience', () => sign({ repository: 'acme/web' }, { audience: 'sts' }), 404],
    ['that has expired', () => sign({ repository: 'acme/web' }, { expires: '-5m' }), 404],
    ['signed by somebody else', () => sign({ repository: 'acme/web' }, { key: stranger() }), 404],
    ['of another issuer', () => sign({ repository: 'acme/web' }, { issuer: 'https://example.com' }), 404],
    [
      'that is not signed at all',
      async () => {
        const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
        const claims = { iss: issuer.url, aud: 'notification-controller', exp: 4_000_000_000, repository: 'acme/web' };
        return `${part({ alg: 'none' })}.${part(claims)}.`;
      },
      404,
    ],
  ])('%s', async ([, make, status]) => {
    const path = await receiver(provider());
    expect(await call(path, {}, { authorization: `Bearer ${await make()}` })).toBe(status);
  });

  test('filters see the claims', async () => {
    const path = await receiver({ ...provider(), resourceFilter: "claims.repository == 'acme/' + res.metadata.name" });
    const authorization = async (repository: string) => ({ authorization: `Bearer ${await sign({ repository })}` });
    expect(await askedBy(async () => call(path, {}, await authorization('acme/api')))).toEqual([]);
    expect(await askedBy(async () => call(path, {}, await authorization('acme/web')))).toEqual(['web']);
  });
});

describe('who is asked', () => {
  const all = [{ kind: 'ImageRepository' as const, name: '*', matchLabels: { team: 'acme' } }];

  test('those that are named, and those with the labels', async () => {
    expect(await askedBy(async () => call(await receiver({ type: 'generic' }), {}))).toEqual(['web']);
    expect(await askedBy(async () => call(await receiver({ type: 'generic', resources: all }), {}))).toEqual(['api', 'web']);
  });

  test('of several repositories only the one whose image the payload names', async () => {
    const path = await receiver({ type: 'generic', resources: all });
    const push = { registry_package: { package_version: { package_url: 'ghcr.io/acme/api:9.9.9' } } };
    expect(await askedBy(() => call(path, push))).toEqual(['api']);
  });

  test('all of them where the payload names none of their images', async () => {
    const path = await receiver({ type: 'generic', resources: all });
    const push = { docker_url: 'quay.io/other/thing' };
    expect(await askedBy(() => call(path, push))).toEqual(['api', 'web']);
  });

  test('those that the filters let through', async () => {
    const resources = [{ ...all[0], kind: 'ImageRepository' as const, name: '*', filter: 'res.metadata.name == req.name' }];
    const path = await receiver({ type: 'generic', resources, resourceFilter: 'has(req.name)' });
    expect(await askedBy(() => call(path, { name: 'api' }))).toEqual(['api']);
    expect(await askedBy(() => call(path, {}))).toEqual([]);
  });

  test('an object that is missing is told by 500, and the others are asked all the same', async () => {
    const resources = [{ kind: 'ImageRepository' as const, name: 'gone' }, ...web];
    const path = await receiver({ type: 'generic', resources });
    expect(await askedBy(async () => expect(await call(path, {})).toBe(500))).toEqual(['web']);
  });

  test('the automation that owns the branch of a pull request, along with its repository', async () => {
    const fleet = object('source.toolkit.fluxcd.io/v1', 'GitRepository', 'fleet', {
      spec: { url: 'https://x.io/y', interval: '1h' },
    });
    await cluster.create(fleet);
    for (const [name, source] of [
      ['one', 'fleet'],
      ['two', 'fleet'],
      ['other', 'elsewhere'],
    ] as const)
      await cluster.create(
        object('image.toolkit.fluxcd.io/v1', 'ImageUpdateAutomation', name, {
          spec: { interval: '1h', sourceRef: { kind: 'GitRepository', name: source } },
        }),
      );
    const closed = (owner: string) => ({ action: 'closed', pull_request: { head: { ref: `tagalong/default/${owner}/all` } } });
    const signed = (body: unknown) => ({
      'x-hub-signature-256': `sha256=${hmac('sha256', body)}`,
      'x-github-event': 'pull_request',
    });
    const byRepository = await receiver({ type: 'github', resources: [{ kind: 'GitRepository', name: 'fleet' }] });
    const send = (path: string, body: unknown) => call(path, body, signed(body));
    expect(await automationsAskedBy(() => send(byRepository, closed('two')))).toEqual(['two']);
    expect(await automationsAskedBy(() => send(byRepository, closed('other')))).toEqual([]);
    const both = [
      { kind: 'ImageUpdateAutomation' as const, name: 'one' },
      { kind: 'ImageUpdateAutomation' as const, name: 'two' },
    ];
    const byName = await receiver({ type: 'github', resources: both });
    expect(await automationsAskedBy(() => send(byName, closed('one')))).toEqual(['one']);
    expect(await automationsAskedBy(() => send(byName, { action: 'opened' }))).toEqual(['one', 'two']);
  });

  test('many calls in a second are two requests, one now and one when the second is over', async () => {
    const path = await receiver({ type: 'generic' });
    const seen: (string | undefined)[] = [];
    await askedBy(async () => {
      for (let n = 0; n < 20; n += 1) {
        expect(await call(path, {})).toBe(200);
        seen.push((await asked())['web']);
      }
    });
    await waitUntil('the second request', async () => (await asked())['web'] !== seen[0], { timeoutMs: 5000 });
    // Two on a machine that answers twenty calls within a second; never one a call.
    expect(new Set(seen).size).toBeLessThan(10);
  });

  test('a flood of one receiver is cut off, and its neighbour is not', async () => {
    const [flooded, other] = [await receiver({ type: 'generic' }), await receiver({ type: 'generic' })];
    const answers = await Promise.all(Array.from({ length: 120 }, () => fetch(url + flooded, { method: 'POST' })));
    expect(new Set(answers.map(({ status }) => status))).toContain(429);
    expect(await call(other, {})).toBe(200);
  });
});

describe('what its status says', () => {
  test('the path is the one of Flux', () => {
    // printf '%s' 's3cretr1default' | sha256sum
    expect(webhookPath('s3cret', { name: 'r1', namespace: 'default' })).toBe(
      `/hook/bd57490ed6f9b674dd73f99d89ff9ff55f2958be3390f9af64f0bb0926c9051e`,
    );
  });

  test('suspended, it takes no calls', async () => {
    const path = await receiver({ type: 'generic' });
    const ref = { group: 'notification.toolkit.fluxcd.io', version: 'v1', kind: 'Receiver', namespace, name: `r${made}` };
    await cluster.patch(ref, { spec: { suspend: true } }, { type: 'merge' });
    await waitUntil('it to be seen', async () => (await call(path, {})) === 503);
  });

  test.for<[string, Partial<ReceiverSpec>, string, boolean, RegExp]>([
    ['a Secret that is not there', { secretRef: { name: 'none' } }, 'TokenNotFound', false, /'default\/none'.*not found/],
    ['a filter that is no CEL', { resourceFilter: 'res.' }, 'InvalidCELExpression', true, /spec\.resourceFilter/],
    ['a filter that yields no bool', { resourceFilter: '1 + 1' }, 'InvalidCELExpression', true, /yields int/],
    [
      'a wildcard without labels',
      { resources: [{ kind: 'ImageRepository', name: '*' }] },
      'ValidationFailed',
      true,
      /matchLabels field not set/,
    ],
  ])('%s', async ([, spec, reason, stalled, message]) => {
    made += 1;
    const name = `r${made}`;
    const whole = { type: 'generic', secretRef: { name: 'webhook' }, resources: web, ...spec };
    await cluster.create(object('notification.toolkit.fluxcd.io/v1', 'Receiver', name, { spec: whole }));
    const found = await settled(name, 'False');
    expect(found).toMatchObject({ reason, stalled, message: expect.stringMatching(message) as string });
  });
});
