import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RegistryFault } from '../../src/sandbox/index.ts';
import { hurry } from './support/hurry.ts';
import { imagePolicy, imageRepository, secret } from './support/resources.ts';
import { conditionOf, type Loop, startLoop } from './support/start-loop.ts';

type Scanned = { lastScanResult?: { tagCount: number; scanTime: string; revision: string; latestTags: string[] } };
type Reflected = { latestRef?: { digest?: string } };
type Selected = { latestRef?: { name: string; tag: string } };

function runsOf({ runs }: Loop, kind: string, key: string): number {
  return runs.filter((run) => run.kind === kind && run.key === key).length;
}

describe('a scan that fails keeps the last good listing', () => {
  let loop: Loop;
  beforeAll(async () => {
    loop = await startLoop({
      images: { web: ['1.0.0', '1.0.1', '1.0.2', '1.0.3'] },
      registry: { pageSize: 2 },
      automation: null,
      source: null,
    });
    await loop.ready('ImagePolicy', 'web');
  });
  afterAll(() => loop[Symbol.asyncDispose]());

  test.for<{ because: string; fault: RegistryFault; says: RegExp }>([
    { because: 'the registry hangs up', fault: { kind: 'hang-up' }, says: /scan failed: .*cannot be reached/ },
    { because: 'it wants a login', fault: { kind: 'status', status: 401 }, says: /answered 401/ },
    { because: 'it forbids', fault: { kind: 'status', status: 403 }, says: /answered 403/ },
    { because: 'it knows no such image', fault: { kind: 'status', status: 404 }, says: /answered 404/ },
    { because: 'it is ill', fault: { kind: 'status', status: 503 }, says: /answered 503/ },
    { because: 'it answers broken JSON', fault: { kind: 'body', body: '{"tags":["1.9' }, says: /scan failed: / },
    { because: 'a page is cut', fault: { kind: 'cut', after: 1 }, says: /scan failed: / },
    { because: 'the second page fails', fault: { kind: 'status', status: 500, after: 1 }, says: /answered 500/ },
    { because: 'it falls silent', fault: { kind: 'silence' }, says: /no complete answer within 10 s/ },
  ])('$because', async ({ fault, says }) => {
    const before = await loop.get('ImageRepository', 'web');
    const policy = await loop.get('ImagePolicy', 'web');
    const policyRuns = runsOf(loop, 'ImagePolicy', 'default/web');
    loop.registry.setFault(fault);
    const failed = await hurry(loop, loop.request('ImageRepository', 'web'));
    expect(conditionOf(failed, 'Ready')).toMatchObject({ status: 'False', reason: 'ReadOperationFailed' });
    expect(conditionOf(failed, 'Ready')?.message).toMatch(says);
    expect((failed['status'] as Scanned).lastScanResult).toEqual((before['status'] as Scanned).lastScanResult);
    expect(await loop.get('ImagePolicy', 'web')).toEqual(policy);
    expect(runsOf(loop, 'ImagePolicy', 'default/web')).toBe(policyRuns);
    loop.registry.clearFaults();
    expect(conditionOf(await loop.request('ImageRepository', 'web'), 'Ready')?.status).toBe('True');
  });

  test('a policy that changes meanwhile picks from the listing that was kept', async () => {
    loop.registry.setFault({ kind: 'status', status: 404 });
    await hurry(loop, loop.request('ImageRepository', 'web'));
    await loop.patch('ImagePolicy', 'web', { spec: { policy: { semver: { range: '1.0.0 - 1.0.1' } } } });
    await loop.until(
      '1.0.1',
      async () => ((await loop.get('ImagePolicy', 'web'))['status'] as Selected).latestRef?.tag === '1.0.1',
    );
    loop.registry.clearFaults();
  });
});

test('a failing scan is tried again without waiting for the interval', async () => {
  await using loop = await startLoop({ automation: null, source: null });
  await loop.ready('ImagePolicy', 'web');
  loop.registry.setFault({ kind: 'status', status: 404, times: 3 });
  await loop.pushTag('web', '1.1.0');
  expect((await loop.condition('ImageRepository', 'web', 'Ready'))?.status).toBe('False');
  await hurry(
    loop,
    loop.until('1.1.0', async () => ((await loop.get('ImagePolicy', 'web'))['status'] as Selected).latestRef?.tag === '1.1.0'),
  );
});

test('a registry that asks for two hours is left alone for two hours, whoever asks', async () => {
  await using loop = await startLoop({ automation: null, source: null });
  await loop.ready('ImagePolicy', 'web');
  loop.registry.setFault({ kind: 'status', status: 429, headers: { 'retry-after': '7200' }, times: 1 });
  const limited = await loop.request('ImageRepository', 'web');
  expect(conditionOf(limited, 'Ready')).toMatchObject({ status: 'False', reason: 'ReadOperationFailed' });
  const asked = loop.registry.requests.length;
  await loop.request('ImageRepository', 'web');
  await loop.rests();
  loop.clock.skip(7_100_000);
  await loop.request('ImageRepository', 'web');
  expect(loop.registry.requests.length).toBe(asked);
  await loop.rests();
  loop.clock.skip(101_000);
  await loop.ready('ImageRepository', 'web');
  expect(loop.registry.requests.length).toBeGreaterThan(asked);
});

test('a registry that asks for a minute is told of at once, although the scan would have an hour', async () => {
  await using loop = await startLoop({ repository: { spec: { timeout: null } }, automation: null, source: null });
  await loop.ready('ImagePolicy', 'web');
  loop.registry.setFault({ kind: 'status', status: 429, headers: { 'retry-after': '60' }, times: 1 });
  const limited = await loop.request('ImageRepository', 'web');
  expect(conditionOf(limited, 'Ready')?.message).toContain('answered 429');
  await loop.rests();
  loop.clock.skip(61_000);
  await loop.ready('ImageRepository', 'web');
});

test('an interval that passed means a scan, and nothing runs before', async () => {
  await using loop = await startLoop({ automation: null, source: null });
  await loop.ready('ImagePolicy', 'web');
  const asked = loop.registry.requests.length;
  await loop.rests();
  loop.clock.skip(50 * 60_000);
  await loop.request('ImagePolicy', 'web');
  expect(loop.registry.requests.length).toBe(asked);
  await loop.rests();
  loop.clock.skip(15 * 60_000);
  await loop.until('a scan', async () => loop.registry.requests.length > asked);
});

test('an image whose tags all vanished keeps the answer, Ready=False', async () => {
  await using loop = await startLoop({ images: { web: ['1.0.0', 'latest'] }, automation: null, source: null });
  await loop.ready('ImagePolicy', 'web');
  await loop.registry.deleteTag('web', '1.0.0');
  await loop.request('ImageRepository', 'web');
  const doubted = await loop.ready('ImageRepository', 'web', 'False');
  expect(doubted.message).toContain('it lost 1.0.0, which policy default/web has picked');
  expect((await loop.ready('ImagePolicy', 'web')).message).toContain('resolved to 1.0.0');
  await acceptListing(loop);
  const ready = await loop.ready('ImagePolicy', 'web', 'False');
  expect(ready.reason).toBe('Failure');
  expect(((await loop.get('ImagePolicy', 'web'))['status'] as Selected).latestRef?.tag).toBe('1.0.0');
});

/** As `tagalong confirm listing` does. */
async function acceptListing(loop: Loop): Promise<void> {
  const revision = (await loop.ready('ImageRepository', 'web', 'False')).message.split(' ').at(-1) ?? '';
  await loop.patch('ImageRepository', 'web', { metadata: { annotations: { 'tagalong.dev/accept-listing': revision } } });
  await loop.ready('ImageRepository', 'web');
}

describe('a listing that lost most of its tags', () => {
  const twenty = Array.from({ length: 20 }, (_, index) => `1.0.${index}`);
  const scan = (loop: Loop) => loop.request('ImageRepository', 'web');
  const loseMost = async (loop: Loop) => {
    for (const tag of twenty.slice(0, 15)) await loop.registry.deleteTag('web', tag);
  };
  const countOf = async (loop: Loop) =>
    ((await loop.get('ImageRepository', 'web'))['status'] as Scanned).lastScanResult?.tagCount;

  test('is not believed, also after a restart, until it has its tags again', async () => {
    await using loop = await startLoop({ images: { web: twenty }, automation: null, source: null });
    await loop.ready('ImagePolicy', 'web');
    await loseMost(loop);
    await loop.pushTag('web', '1.1.0');
    const doubted = await scan(loop);
    expect(conditionOf(doubted, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ListingDistrusted',
      message: expect.stringMatching(/it lost 15 of 20 tags.*tagalong confirm listing web -n default/),
    });
    expect(await countOf(loop)).toBe(20);
    await loop.stopApp();
    await loop.startApp();
    await scan(loop);
    expect(await loop.ready('ImageRepository', 'web', 'False')).toMatchObject({ reason: 'ListingDistrusted' });
    for (const tag of twenty) await loop.registry.pushTag('web', tag);
    await scan(loop);
    expect((await loop.ready('ImageRepository', 'web')).message).toContain('found 21 tags');
  });

  test('is believed once a person confirmed it, and a later one is not', async () => {
    await using loop = await startLoop({ images: { web: twenty }, automation: null, source: null });
    await loop.ready('ImagePolicy', 'web');
    await loseMost(loop);
    await scan(loop);
    await acceptListing(loop);
    expect(await countOf(loop)).toBe(5);
  });

  test('is believed when it is still so after a day', async () => {
    await using loop = await startLoop({ images: { web: twenty }, automation: null, source: null });
    await loop.ready('ImagePolicy', 'web');
    await loseMost(loop);
    await scan(loop);
    await loop.ready('ImageRepository', 'web', 'False');
    await loop.rests();
    loop.clock.skip(25 * 3_600_000);
    expect((await loop.ready('ImageRepository', 'web')).message).toContain('found 5 tags');
  });

  test('by the exclusion list lost nothing', async () => {
    await using loop = await startLoop({ images: { web: [...twenty, '2.0.0'] }, automation: null, source: null });
    await loop.ready('ImagePolicy', 'web');
    await loop.patch('ImageRepository', 'web', { spec: { exclusionList: ['^1'] } });
    await loop.until('the new list', async () => (await countOf(loop)) === 1);
    await loop.ready('ImageRepository', 'web');
  });
});

describe('digestReflectionPolicy', () => {
  const reflecting = (mode: string, interval: string | null = null) => ({
    spec: { digestReflectionPolicy: mode, ...(interval !== null && { interval }) },
  });
  const digestOf = async (loop: Loop) => ((await loop.get('ImagePolicy', 'web'))['status'] as Reflected).latestRef?.digest;

  test('Never records none, and asks for none', async () => {
    await using loop = await startLoop({ policy: reflecting('Never'), automation: null, source: null });
    await loop.ready('ImagePolicy', 'web');
    expect(await digestOf(loop)).toBeUndefined();
    expect(loop.registry.requests.filter(({ path }) => path.includes('/manifests/'))).toEqual([]);
  });

  test('IfNotPresent records it with a tag, and keeps it while the tag stays', async () => {
    await using loop = await startLoop({ policy: reflecting('IfNotPresent'), automation: null, source: null });
    const { message } = await loop.ready('ImagePolicy', 'web');
    const first = await digestOf(loop);
    expect(message).toContain(`resolved to 1.0.0 with digest ${first}`);
    await loop.registry.pushTag('web', '1.0.0', { digestSeed: 'rebuilt' });
    await loop.request('ImagePolicy', 'web');
    expect(await digestOf(loop)).toBe(first);
    const second = await loop.registry.pushTag('web', '1.1.0');
    await loop.request('ImageRepository', 'web');
    await loop.until('the digest of 1.1.0', async () => (await digestOf(loop)) === second);
  });

  test('Always looks again at its interval, and a tag that moved is news', async () => {
    await using loop = await startLoop({ policy: reflecting('Always', '10m'), automation: null, source: null });
    await loop.ready('ImagePolicy', 'web');
    const before = await digestOf(loop);
    const moved = await loop.registry.pushTag('web', '1.0.0', { digestSeed: 'rebuilt' });
    await loop.rests();
    loop.clock.skip(11 * 60_000);
    await loop.until('the new digest', async () => (await digestOf(loop)) === moved);
    expect((await loop.ready('ImagePolicy', 'web')).message).toContain(`(previously ${loop.image('web', '1.0.0')}@${before})`);
  });

  test('back at Never the digest is taken out', async () => {
    await using loop = await startLoop({ policy: reflecting('IfNotPresent'), automation: null, source: null });
    await loop.ready('ImagePolicy', 'web');
    await loop.patch('ImagePolicy', 'web', { spec: { digestReflectionPolicy: 'Never' } });
    await loop.until('no digest', async () => (await digestOf(loop)) === undefined);
  });

  test('a digest that cannot be had keeps the answer, and is asked for again', async () => {
    await using loop = await startLoop({ policy: reflecting('IfNotPresent'), automation: null, source: null });
    await loop.ready('ImagePolicy', 'web');
    loop.registry.setFault({ kind: 'status', status: 404, on: 'manifests/1.1.0', times: 1 });
    await loop.pushTag('web', '1.1.0');
    const failed = await loop.ready('ImagePolicy', 'web', 'False');
    expect(failed).toMatchObject({
      reason: 'Failed',
      message: expect.stringContaining(`failed fetching digest of ${loop.image('web', '1.1.0')}`),
    });
    expect(((await loop.get('ImagePolicy', 'web'))['status'] as Selected).latestRef?.tag).toBe('1.0.0');
    await hurry(
      loop,
      loop.until('1.1.0', async () => ((await loop.get('ImagePolicy', 'web'))['status'] as Selected).latestRef?.tag === '1.1.0'),
    );
  });
});

test('tags that are no versions are counted in the scan and skipped by the policy', async () => {
  await using loop = await startLoop({ images: { web: ['latest', 'main-0a1b', '1.2.0', '1.10.0', '1.2'] }, automation: null });
  expect((await loop.ready('ImagePolicy', 'web')).message).toContain('resolved to 1.10.0');
  const { lastScanResult } = (await loop.get('ImageRepository', 'web'))['status'] as Scanned;
  expect(lastScanResult?.tagCount).toBe(5);
  expect(lastScanResult?.latestTags).toEqual(['main-0a1b', 'latest', '1.2.0', '1.2', '1.10.0']);
});

describe('a spec that cannot work is Stalled with the reason Flux gives, and mending it helps at once', () => {
  let loop: Loop;
  beforeAll(async () => {
    loop = await startLoop({ automation: null, source: null });
  });
  afterAll(() => loop[Symbol.asyncDispose]());

  test.for([
    { name: 'range', spec: { policy: { semver: { range: '>>1' } } }, says: /^invalid policy: / },
    { name: 'empty', spec: { policy: { semver: null } }, says: /^invalid policy: / },
    {
      name: 'pattern',
      spec: { filterTags: { pattern: '(' } },
      says: /^failed to filter tags: invalid regular expression pattern '\(': /,
    },
  ])('a policy with a bad $name', async ({ name, spec, says }) => {
    await loop.apply(imagePolicy(name, { spec: { imageRepositoryRef: { name: 'web' }, ...spec } }));
    await expectStalled(loop, 'ImagePolicy', name, 'InvalidPolicy', says);
    const good = { policy: { semver: { range: '1.x' } }, filterTags: null };
    await loop.patch('ImagePolicy', name, { spec: good });
    await loop.ready('ImagePolicy', name);
    expect(await loop.condition('ImagePolicy', name, 'Stalled')).toBeUndefined();
  });

  test.for([
    { name: 'scheme', image: (host: string) => `http://${host}/web`, reason: 'ImageURLInvalid' },
    { name: 'tag', image: (host: string) => `${host}/web:1.0.0`, reason: 'ImageURLInvalid' },
    { name: 'letters', image: (host: string) => `${host}/WEB`, reason: 'ImageURLInvalid' },
  ])('an image with a bad $name', async ({ name, image, reason }) => {
    const host = loop.registry.host;
    await loop.apply(imageRepository('x/bad', { metadata: { name }, spec: { image: image(host) } }));
    await expectStalled(loop, 'ImageRepository', name, reason, /./);
    await loop.patch('ImageRepository', name, { spec: { image: `${host}/web` } });
    await loop.ready('ImageRepository', name);
  });

  test('an exclusion that is no regular expression', async () => {
    await loop.apply(
      imageRepository(`${loop.registry.host}/web`, { metadata: { name: 'exclusion' }, spec: { exclusionList: ['('] } }),
    );
    await expectStalled(loop, 'ImageRepository', 'exclusion', 'ReadOperationFailed', /^scan failed: /);
  });
});

async function expectStalled(loop: Loop, kind: 'ImagePolicy' | 'ImageRepository', name: string, reason: string, says: RegExp) {
  const ready = await loop.ready(kind, name, 'False');
  const object = await loop.until('Stalled', async () => {
    const found = await loop.get(kind, name);
    return conditionOf(found, 'Stalled') !== undefined && found;
  });
  expect(ready.message).toMatch(says);
  expect(conditionOf(object, 'Stalled')).toMatchObject({ status: 'True', reason, message: ready.message });
  expect(conditionOf(object, 'Ready')).toMatchObject({ status: 'False', reason });
  expect(conditionOf(object, 'Reconciling')).toBeUndefined();
  expect((object['status'] as { observedGeneration: number }).observedGeneration).toBe(object.metadata.generation);
  await loop.rests();
  const runs = runsOf(loop, kind, `default/${name}`);
  const scans = runsOf(loop, 'ImageRepository', 'default/web');
  await loop.rests();
  loop.clock.skip(2 * 3_600_000);
  await loop.until('the other scan of the hour', async () => runsOf(loop, 'ImageRepository', 'default/web') > scans);
  await loop.rests();
  expect(runsOf(loop, kind, `default/${name}`)).toBe(runs);
}

describe('a policy may read an image of another namespace', () => {
  let loop: Loop;
  const inTeam = (name: string) =>
    imagePolicy(name, { metadata: { namespace: 'team' }, spec: { imageRepositoryRef: { name: 'web', namespace: 'default' } } });
  const readyOf = (name: string, status: string) =>
    loop.until(`Ready=${status}`, async () => {
      const policies = await loop.cluster.list({ group: 'image.toolkit.fluxcd.io', version: 'v1', kind: 'ImagePolicy' });
      const policy = policies.items.find(({ metadata }) => metadata.name === name);
      const ready = policy && conditionOf(policy, 'Ready');
      return ready?.status === status && ready;
    });
  beforeAll(async () => {
    loop = await startLoop({ automation: null, source: null, policy: null });
    await loop.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team', labels: { tier: 'shop' } } });
    await loop.ready('ImageRepository', 'web');
    await loop.apply(inTeam('web'));
  });
  afterAll(() => loop[Symbol.asyncDispose]());

  test('not without accessFrom', async () => {
    expect(await readyOf('web', 'False')).toMatchObject({
      reason: 'AccessDenied',
      message:
        "failed to get the referred ImageRepository: access denied: 'default/web' can't be accessed due to missing ACL labels on 'accessFrom'",
    });
  });

  test('not if the labels of its namespace are others', async () => {
    const accessFrom = { namespaceSelectors: [{ matchLabels: { tier: 'bank' } }] };
    await loop.patch('ImageRepository', 'web', { spec: { accessFrom } });
    const mismatch = "can't be accessed due to ACL labels mismatch on namespace 'team'";
    await loop.until('the mismatch to be told', async () => (await readyOf('web', 'False')).message.includes(mismatch));
  });

  test('if they match, as soon as they do', async () => {
    const accessFrom = { namespaceSelectors: [{ matchLabels: { tier: 'bank' } }, { matchLabels: { tier: 'shop' } }] };
    await loop.patch('ImageRepository', 'web', { spec: { accessFrom } });
    expect((await readyOf('web', 'True')).message).toContain('resolved to 1.0.0');
  });
});

test('where references into other namespaces are blocked, a grant does not help', async () => {
  await using loop = await startLoop({ asleep: true, automation: null, source: null, policy: null });
  await loop.startApp({ tenancy: { noCrossNamespaceRefs: true } });
  await loop.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } });
  await loop.patch('ImageRepository', 'web', { spec: { accessFrom: { namespaceSelectors: [{}] } } });
  const imageRepositoryRef = { name: 'web', namespace: 'default' };
  await loop.apply(imagePolicy('web', { metadata: { namespace: 'team' }, spec: { imageRepositoryRef } }));
  await loop.until('the refusal', async () => {
    const kind = { group: 'image.toolkit.fluxcd.io', version: 'v1', kind: 'ImagePolicy' };
    const [policy] = (await loop.cluster.list(kind)).items;
    const ready = policy && conditionOf(policy, 'Ready');
    return (
      ready?.reason === 'AccessDenied' &&
      ready.message.includes("cannot access 'ImageRepository/default/web', cross-namespace references have been blocked")
    );
  });
});

describe('a private registry', () => {
  const password = 'hunter2-hunter2';
  let loop: Loop;
  beforeAll(async () => {
    const auth = { kind: 'bearer', username: 'bot', password } as const;
    loop = await startLoop({
      registry: { auth },
      repository: { spec: { secretRef: { name: 'pull' } } },
      automation: null,
      source: null,
    });
  });
  afterAll(() => loop[Symbol.asyncDispose]());
  const pullSecret = (given: string) =>
    secret('pull', {
      '.dockerconfigjson': JSON.stringify({ auths: { [loop.registry.host]: { username: 'bot', password: given } } }),
    });

  test('a secret that is missing is named, and nobody is asked', async () => {
    const ready = await loop.ready('ImageRepository', 'web', 'False');
    expect(ready.reason).toBe('AuthenticationFailed');
    expect(ready.message).toContain('default/pull');
    expect(loop.registry.requests).toHaveLength(0);
  });

  test('a wrong password is refused, and told without it', async () => {
    await loop.apply({ ...pullSecret('wrong-secret-9'), type: 'kubernetes.io/dockerconfigjson' });
    const failed = await loop.request('ImageRepository', 'web');
    expect(conditionOf(failed, 'Ready')).toMatchObject({ status: 'False', reason: 'ReadOperationFailed' });
    expect(JSON.stringify(failed['status'])).not.toContain('wrong-secret-9');
  });

  test('the right one opens it', async () => {
    await loop.apply({ ...pullSecret(password), type: 'kubernetes.io/dockerconfigjson' });
    expect(conditionOf(await loop.request('ImageRepository', 'web'), 'Ready')?.status).toBe('True');
    await loop.ready('ImagePolicy', 'web');
  });
});
