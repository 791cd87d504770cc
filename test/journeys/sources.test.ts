import { rename } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hurry } from './support/hurry.ts';
import { gitRepository, imageUpdateAutomation, secret } from './support/resources.ts';
import { conditionOf, type Loop, startLoop } from './support/start-loop.ts';

type Sourced = { artifact?: { revision: string; lastUpdateTime: string }; observedGeneration?: number };

describe('a source that cannot be fetched says why, without a secret', () => {
  let loop: Loop;
  beforeAll(async () => {
    const auth = { kind: 'basic', username: 'bot', password: 'right-secret-1' } as const;
    loop = await startLoop({ git: { auth }, source: null, repository: null, policy: null, automation: null });
    await loop.apply(
      secret('right', { username: 'bot', password: 'right-secret-1' }),
      secret('wrong', { username: 'bot', password: 'wrong-secret-9' }),
      secret('half', { password: 'half-secret-5' }),
    );
  });
  afterAll(() => loop[Symbol.asyncDispose]());

  test.for<{ because: string; name: string; url?: string; spec: object; reason: string; says: RegExp; stalled?: true }>([
    {
      because: 'nobody listens there',
      name: 'down',
      url: 'http://127.0.0.1:1/fleet.git',
      spec: {},
      reason: 'GitOperationFailed',
      says: /127\.0\.0\.1/,
    },
    {
      because: 'credentials are wanted',
      name: 'anonymous',
      spec: {},
      reason: 'GitOperationFailed',
      says: /authentication required/,
    },
    {
      because: 'the password is wrong',
      name: 'wrong',
      spec: { secretRef: { name: 'wrong' } },
      reason: 'GitOperationFailed',
      says: /authentication required/,
    },
    {
      because: 'the secret is missing',
      name: 'missing',
      spec: { secretRef: { name: 'nowhere' } },
      reason: 'AuthenticationFailed',
      says: /default\/nowhere/,
    },
    {
      because: 'the secret is incomplete',
      name: 'half',
      spec: { secretRef: { name: 'half' } },
      reason: 'AuthenticationFailed',
      says: /'password' requires 'username'/,
    },
    {
      because: 'the branch is unknown',
      name: 'branch',
      spec: { secretRef: { name: 'right' }, ref: { branch: 'mian' } },
      reason: 'GitOperationFailed',
      says: /couldn't find remote ref "refs\/heads\/mian"/,
    },
    {
      because: 'the tag is unknown',
      name: 'tag',
      spec: { secretRef: { name: 'right' }, ref: { tag: 'v9' } },
      reason: 'GitOperationFailed',
      says: /couldn't find remote ref "refs\/tags\/v9"/,
    },
    {
      because: 'no tag is in the range',
      name: 'semver',
      spec: { secretRef: { name: 'right' }, ref: { semver: '>=1.0.0' } },
      reason: 'GitOperationFailed',
      says: /no match found for semver: >=1\.0\.0/,
    },
    {
      because: 'the range is none',
      name: 'range',
      spec: { secretRef: { name: 'right' }, ref: { semver: '>>1' } },
      reason: 'GitOperationFailed',
      says: /./,
      stalled: true,
    },
    {
      because: 'there is no such repository',
      name: 'nothing',
      url: 'nothing.git',
      spec: { secretRef: { name: 'right' } },
      reason: 'GitOperationFailed',
      says: /repository not found/,
    },
  ])('$because', async ({ name, url, spec, reason, says, stalled }) => {
    const address = url?.startsWith('http') ? url : `${loop.gitHost.baseUrl}/${url ?? 'fleet.git'}`;
    await loop.apply(gitRepository(address, { spec }, name));
    const ready = await hurry(loop, loop.ready('GitRepository', name, 'False'));
    const object = await loop.get('GitRepository', name);
    expect(ready).toMatchObject({ reason });
    expect(ready.message).toMatch(says);
    expect(conditionOf(object, 'FetchFailed')).toMatchObject({ status: 'True', reason });
    expect(conditionOf(object, 'Stalled') !== undefined).toBe(stalled ?? false);
    expect(JSON.stringify(object['status'])).not.toMatch(/secret-\d/);
    expect((object['status'] as Sourced).artifact).toBeUndefined();
  });

  test('mending the secret heals it by itself', async () => {
    await loop.apply(secret('wrong', { username: 'bot', password: 'right-secret-1' }));
    await hurry(loop, loop.ready('GitRepository', 'wrong'));
    expect(await loop.condition('GitRepository', 'wrong', 'FetchFailed')).toBeUndefined();
  });
});

test('a remote that goes away leaves the artifact, and heals without the interval when it is back', async () => {
  await using loop = await startLoop({ automation: null, repository: null, policy: null });
  await loop.ready('GitRepository', 'fleet');
  const { artifact } = (await loop.get('GitRepository', 'fleet'))['status'] as Sourced;
  const bare = `${loop.folder}/git/fleet.git`;
  await rename(bare, `${bare}.away`);
  const failed = await loop.request('GitRepository', 'fleet');
  expect(conditionOf(failed, 'Ready')?.status).toBe('False');
  expect((failed['status'] as Sourced).artifact).toEqual(artifact);
  await rename(`${bare}.away`, bare);
  await hurry(loop, loop.ready('GitRepository', 'fleet'));
  expect(((await loop.get('GitRepository', 'fleet'))['status'] as Sourced).artifact).toEqual(artifact);
});

test('an unchanged remote is asked once for its refs, and nothing else is fetched', async () => {
  await using loop = await startLoop({ automation: null, repository: null, policy: null });
  await loop.ready('GitRepository', 'fleet');
  const from = loop.gitHost.requests.length;
  await loop.request('GitRepository', 'fleet');
  const since = loop.gitHost.requests.slice(from);
  expect(since.filter(({ method }) => method === 'GET')).toHaveLength(1);
  expect(since.length).toBeLessThanOrEqual(2);
});

test('an automation says what keeps it from its source', async () => {
  await using loop = await startLoop({ automation: null, policy: null, repository: null });
  await loop.ready('GitRepository', 'fleet');
  const inBranch = (branch: string) => ({ spec: { git: { checkout: { ref: { branch } } } } });
  await loop.apply(
    imageUpdateAutomation({ spec: { sourceRef: { name: 'nowhere' } } }, 'nowhere'),
    imageUpdateAutomation(inBranch('mian'), 'branch'),
    imageUpdateAutomation({ spec: { git: null } }, 'no-git'),
    imageUpdateAutomation({ spec: { update: { path: './aps' } } }, 'path'),
    imageUpdateAutomation({ spec: { policySelector: { matchExpressions: [{ key: 'a', operator: 'Near' }] } } }, 'selector'),
  );
  const told = async (name: string) => {
    const { reason, message } = await hurry(loop, loop.ready('ImageUpdateAutomation', name, 'False'));
    const stalled = (await loop.condition('ImageUpdateAutomation', name, 'Stalled')) !== undefined;
    return { reason, message, stalled };
  };
  expect(await told('nowhere')).toMatchObject({ reason: 'SourceManagerFailed', stalled: false });
  expect(await told('branch')).toMatchObject({ reason: 'GitOperationFailed', stalled: false });
  expect((await told('branch')).message).toContain("no branch 'mian'");
  expect(await told('no-git')).toMatchObject({ reason: 'InvalidSourceConfiguration', stalled: true });
  expect(await told('path')).toMatchObject({ reason: 'UpdateFailed', stalled: false });
  expect(await told('selector')).toMatchObject({ reason: 'InvalidPolicySelector', stalled: true });
});

test('an automation whose source has a missing secret or wrong credentials says so, and writes nothing', async () => {
  const auth = { kind: 'basic', username: 'bot', password: 'right-secret-1' } as const;
  await using loop = await startLoop({ git: { auth }, source: { spec: { secretRef: { name: 'login' } } } });
  const missing = await loop.ready('ImageUpdateAutomation', 'fleet', 'False');
  expect(missing).toMatchObject({ reason: 'SourceManagerFailed' });
  expect(missing.message).toMatch(/^failed configuring source manager: .*default\/login/);
  await loop.apply(secret('login', { username: 'bot', password: 'wrong-secret-9' }));
  const wrong = await loop.until('the refusal', async () => {
    const ready = await hurry(loop, loop.ready('ImageUpdateAutomation', 'fleet', 'False'));
    return ready.reason === 'GitOperationFailed' && ready;
  });
  expect(wrong.message).toMatch(/^failed to checkout source: /);
  expect(wrong.message).not.toContain('secret-9');
  await loop.apply(secret('login', { username: 'bot', password: 'right-secret-1' }));
  await hurry(loop, loop.ready('ImageUpdateAutomation', 'fleet'));
});
