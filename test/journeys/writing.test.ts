import { expect, test } from 'vitest';
import { gitRepository, imageUpdateAutomation, manifest } from './support/resources.ts';
import { conditionOf, type Loop, startLoop, writeFiles } from './support/start-loop.ts';

const web = 'apps/web.yaml';

/** Requests of the git host for each service, since it had served `from` of them. */
function gitRequests({ gitHost }: Loop, from: number): { reads: number; pushes: number } {
  const since = gitHost.requests.slice(from);
  return {
    reads: since.filter(({ service }) => service === 'git-upload-pack').length,
    pushes: since.filter(({ service, method }) => service === 'git-receive-pack' && method === 'POST').length,
  };
}

async function subjects(loop: Loop): Promise<number> {
  return (await loop.main.commits()).length;
}

test('a pushed tag becomes one commit by the bot, with nothing but the tag changed', async () => {
  await using loop = await startLoop();
  await loop.ready('ImageUpdateAutomation', 'fleet');
  const before = await loop.main.file(web);
  await loop.pushTag('web', '1.1.0');
  await loop.lands(web, ':1.1.0');
  const [commit, start, ...older] = await loop.main.commits();
  expect(commit).toMatchObject({ author: 'Bot', files: [web] });
  expect(start?.subject).toBe('Start');
  expect(older).toEqual([]);
  expect(await loop.main.file(web)).toBe(before?.replace(':1.0.0', ':1.1.0'));
});

test('our own push moves the source without a fetch, without asking for refs, and without the interval', async () => {
  await using loop = await startLoop();
  await loop.settles();
  const from = loop.gitHost.requests.length;
  await loop.pushTag('web', '1.1.0');
  await loop.lands(web, ':1.1.0');
  await loop.settles();
  expect(gitRequests(loop, from)).toEqual({ reads: 0, pushes: 1 });
});

test('an unchanged policy costs git nothing when it is asked again', async () => {
  await using loop = await startLoop();
  await loop.settles();
  const from = loop.gitHost.requests.length;
  await loop.request('ImageRepository', 'web');
  await loop.request('ImagePolicy', 'web');
  await loop.rests();
  expect(loop.gitHost.requests.length).toBe(from);
  expect(await subjects(loop)).toBe(1);
});

test('a run that changes nothing writes no status and no event', async () => {
  await using loop = await startLoop();
  await loop.settles();
  const before = await loop.get('ImagePolicy', 'web');
  const events = await countEvents(loop);
  await loop.request('ImagePolicy', 'web');
  const after = await loop.get('ImagePolicy', 'web');
  expect({ ...(after['status'] as object), lastHandledReconcileAt: '' }).toEqual({
    ...(before['status'] as object),
    lastHandledReconcileAt: '',
  });
  expect(await countEvents(loop)).toBe(events);
});

async function countEvents(loop: Loop): Promise<number> {
  const { items } = await loop.cluster.list({ group: '', version: 'v1', kind: 'Event' }, { namespace: 'default' });
  return items.reduce((sum, event) => sum + Number(event['count'] ?? 1), 0);
}

test('a bump in 2,000 files costs the hosts and the control plane no more than in 50', async () => {
  const costs = [];
  for (const files of [50, 2000]) costs.push(await costOfBump(files));
  expect(costs[1]?.git).toEqual(costs[0]?.git);
  expect(costs[1]?.registry).toBe(costs[0]?.registry);
  expect(costs[1]?.objects).toBe(costs[0]?.objects);
  expect(costs[1]?.api).toBeLessThanOrEqual((costs[0]?.api ?? 0) + 3);
});

async function costOfBump(files: number) {
  await using loop = await startLoop({
    files: (host) => ({
      [web]: manifest('web', `${host}/web:1.0.0`),
      ...Object.fromEntries(Array.from({ length: files }, (_, i) => [`apps/f${i % 20}/${i}.yaml`, `kind: ConfigMap\nn: ${i}\n`])),
    }),
  });
  await loop.settles();
  const from = loop.gitHost.requests.length;
  const asked = loop.registry.requests.length;
  const api = [...loop.controlPlane.requests].length;
  const before = await countObjects(loop);
  await loop.pushTag('web', '1.1.0');
  await loop.lands(web, ':1.1.0');
  await loop.settles();
  const served = [...loop.controlPlane.requests].slice(api).filter(({ userAgent }) => userAgent === 'tagalong');
  return {
    git: gitRequests(loop, from),
    registry: loop.registry.requests.length - asked,
    objects: (await countObjects(loop)) - before,
    api: served.length,
  };
}

/** Objects in the repository: a commit, the trees on the way, a blob. */
async function countObjects(loop: Loop): Promise<number> {
  const text = await loop.main.git('count-objects', '-v');
  return [...text.matchAll(/^(?:count|in-pack): (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
}

test('two policies in one repository become a commit each, in one push', async () => {
  await using loop = await startLoop({ images: { api: ['1.0.0'], web: ['1.0.0'] } });
  await loop.settles();
  await pauseAutomation(loop, async () => {
    await loop.pushTag('web', '1.1.0');
    await loop.pushTag('api', '1.2.0');
  });
  const [second, first, start] = await loop.main.commits();
  expect(start?.subject).toBe('Start');
  expect([first?.files, second?.files]).toEqual([['apps/api.yaml'], [web]]);
});

test('two policies become one commit where commit-per is run', async () => {
  const annotations = { 'tagalong.dev/commit-per': 'run' };
  await using loop = await startLoop({
    images: { api: ['1.0.0'], web: ['1.0.0'] },
    automation: { metadata: { annotations } },
  });
  await loop.settles();
  await pauseAutomation(loop, async () => {
    await loop.pushTag('web', '1.1.0');
    await loop.pushTag('api', '1.2.0');
  });
  const [only, start] = await loop.main.commits();
  expect(start?.subject).toBe('Start');
  expect(only?.files).toEqual(['apps/api.yaml', web]);
});

/** Suspends the automation, lets `work` move the policies, and resumes it: everything then lands in one push. */
async function pauseAutomation(loop: Loop, work: () => Promise<void>): Promise<void> {
  await loop.patch('ImageUpdateAutomation', 'fleet', { spec: { suspend: true } });
  await work();
  await loop.rests();
  const from = loop.gitHost.requests.length;
  const commits = await subjects(loop);
  await loop.patch('ImageUpdateAutomation', 'fleet', { spec: { suspend: false } });
  await loop.until('the commits', async () => (await subjects(loop)) > commits);
  await loop.settles();
  expect(gitRequests(loop, from).pushes).toBe(1);
}

test('a suspended automation holds still, whoever asks, and goes on when it is resumed', async () => {
  await using loop = await startLoop({ automation: { spec: { suspend: true } } });
  await loop.ready('ImagePolicy', 'web');
  await loop.pushTag('web', '1.1.0');
  await loop.request('ImageUpdateAutomation', 'fleet');
  expect(await subjects(loop)).toBe(1);
  await loop.patch('ImageUpdateAutomation', 'fleet', { spec: { suspend: false } });
  await loop.lands(web, ':1.1.0');
});

test('a suspended policy is not written, and its neighbour is', async () => {
  await using loop = await startLoop({ images: { api: ['1.0.0'], web: ['1.0.0'] } });
  await loop.settles();
  await loop.patch('ImageUpdateAutomation', 'fleet', { spec: { suspend: true } });
  await loop.pushTag('web', '1.1.0');
  await loop.pushTag('api', '1.1.0');
  await loop.until('the answer', async () => JSON.stringify(await loop.get('ImagePolicy', 'web')).includes('1.1.0'));
  await loop.patch('ImagePolicy', 'web', { spec: { suspend: true } });
  await loop.patch('ImageUpdateAutomation', 'fleet', { spec: { suspend: false } });
  await loop.lands('apps/api.yaml', ':1.1.0');
  await loop.request('ImageUpdateAutomation', 'fleet');
  expect(await loop.main.file(web)).toContain(':1.0.0');
  await loop.patch('ImagePolicy', 'web', { spec: { suspend: false } });
  await loop.lands(web, ':1.1.0');
});

test('a file that cannot be parsed is told with file and line, and the good one beside it is updated', async () => {
  await using loop = await startLoop({
    files: (host) => ({
      [web]: manifest('web', `${host}/web:1.0.0`),
      'apps/broken.yaml': `a: 1\nb: [1,\nc: x # {"$imagepolicy": "default:web:tag"}\n`,
    }),
  });
  await loop.pushTag('web', '1.1.0');
  await loop.lands(web, ':1.1.0');
  await loop.settles();
  const ignored = await loop.condition('ImageUpdateAutomation', 'fleet', 'MarkersIgnored');
  expect(ignored).toMatchObject({ status: 'True', reason: 'InvalidMarkers' });
  expect(ignored?.message).toMatch(/^apps\/broken\.yaml:\d+:\d+: /);
  expect((await loop.ready('ImageUpdateAutomation', 'fleet')).message).toBe('repository up-to-date');
});

test('a marker of a policy that is not there is told with file and line, until it is mended', async () => {
  await using loop = await startLoop({
    files: (host) => ({ [web]: `${manifest('web', `${host}/web:1.0.0`)}---\n${manifest('late', `${host}/web:1.0.0`, 'wbe')}` }),
  });
  await loop.pushTag('web', '1.1.0');
  await loop.lands(web, ':1.1.0');
  await loop.settles();
  const ignored = await loop.condition('ImageUpdateAutomation', 'fleet', 'MarkersIgnored');
  expect(ignored?.message).toMatch(/^apps\/web\.yaml:21:18: marker names ImagePolicy default\/wbe/);
  await loop.person.pull();
  await loop.person.edit(web, (text) => text.replace('default:wbe', 'default:web'));
  await loop.person.commitAndPush('Mend the marker');
  await loop.request('GitRepository', 'fleet');
  await loop.until('the condition to go', async () => {
    return (await loop.condition('ImageUpdateAutomation', 'fleet', 'MarkersIgnored')) === undefined;
  });
  expect(await loop.main.file(web)).not.toContain(':1.0.0');
});

test('somebody pushed in between: the edits are planned again on the new head, and both commits stay', async () => {
  await using loop = await startLoop();
  await loop.settles();
  await loop.person.edit(web, (text) => text.replace('metadata:', '# a new first line\nmetadata:'));
  const theirs = await loop.person.commitAndPush('A comment');
  await loop.pushTag('web', '1.1.0');
  await loop.lands(web, ':1.1.0');
  await loop.settles();
  const [ours, before, start] = await loop.main.commits();
  expect(before?.oid).toBe(theirs);
  expect([ours?.author, start?.subject]).toEqual(['Bot', 'Start']);
  expect(await loop.main.file(web)).toContain('# a new first line');
  expect((await loop.ready('ImageUpdateAutomation', 'fleet')).message).toBe('repository up-to-date');
});

test('a push that the server refuses is told in its own words, and goes through once it may', async () => {
  await using loop = await startLoop();
  await loop.settles();
  await loop.gitHost.refusePushes('main is frozen until Monday');
  await loop.pushTag('web', '1.1.0');
  const refused = await loop.ready('ImageUpdateAutomation', 'fleet', 'False');
  expect(refused.reason).toBe('GitOperationFailed');
  expect(refused.message).toContain('main is frozen until Monday');
  expect(await subjects(loop)).toBe(1);
  await loop.gitHost.refusePushes(null);
  await loop.request('ImageUpdateAutomation', 'fleet');
  await loop.lands(web, ':1.1.0');
  expect((await loop.ready('ImageUpdateAutomation', 'fleet')).status).toBe('True');
});

test('a second automation on the same branch writes its own folder, and neither loses a commit', async () => {
  await using loop = await startLoop({
    images: { api: ['1.0.0'], web: ['1.0.0'] },
    files: (host) => ({ 'a/api.yaml': manifest('api', `${host}/api:1.0.0`), 'b/web.yaml': manifest('web', `${host}/web:1.0.0`) }),
    automation: { spec: { update: { path: './a' } } },
  });
  await loop.apply(imageUpdateAutomation({ spec: { update: { path: './b' } } }, 'second'));
  await loop.settles();
  await Promise.all([loop.pushTag('api', '1.1.0'), loop.pushTag('web', '1.1.0')]);
  await loop.lands('a/api.yaml', ':1.1.0');
  await loop.lands('b/web.yaml', ':1.1.0');
  const commits = await loop.main.commits();
  expect(
    commits
      .map(({ files }) => files)
      .slice(0, 2)
      .toSorted(),
  ).toEqual([['a/api.yaml'], ['b/web.yaml']]);
  expect(commits).toHaveLength(3);
  expect(new Set(commits.slice(0, 2).map(({ message }) => /Tagalong-Automation: .*\/(\w+)/.exec(message)?.[1]))).toEqual(
    new Set(['fleet', 'second']),
  );
});

test('two automations over the same files make one commit between them', async () => {
  await using loop = await startLoop();
  await loop.apply(imageUpdateAutomation({}, 'second'));
  await loop.settles();
  await loop.pushTag('web', '1.1.0');
  await loop.lands(web, ':1.1.0');
  await loop.request('ImageUpdateAutomation', 'fleet');
  await loop.request('ImageUpdateAutomation', 'second');
  expect(await subjects(loop)).toBe(2);
});

test('a source that is pinned to a commit does not hide what happens on the branch that is written', async () => {
  await using loop = await startLoop({ source: null, automation: { spec: { git: { checkout: { ref: { branch: 'main' } } } } } });
  const pinned = { spec: { interval: '1s', ref: { branch: null, commit: await loop.main.head() } } };
  await loop.apply(gitRepository(loop.gitHost.url('fleet'), pinned));
  await loop.ready('ImageUpdateAutomation', 'fleet');
  await writeFiles(loop.person.folder, { 'apps/late.yaml': manifest('late', `${loop.registry.host}/web:0.9.0`, 'web') });
  await loop.person.commitAndPush('A late file');
  await loop.rests();
  loop.clock.skip(4_000_000);
  await loop.lands('apps/late.yaml', ':1.0.0');
});

test('the status tells what was written: commit, time, policies and revision', async () => {
  await using loop = await startLoop();
  await loop.settles();
  await loop.pushTag('web', '1.1.0');
  await loop.lands(web, ':1.1.0');
  await loop.settles();
  const { status } = await loop.get('ImageUpdateAutomation', 'fleet');
  const head = await loop.main.head();
  expect(status).toMatchObject({
    lastPushCommit: head,
    observedSourceRevision: `main@sha1:${head}`,
    observedPolicies: { web: { name: `${loop.registry.host}/web`, tag: '1.1.0' } },
  });
  const event = await loop.until('the event', async () => {
    const { items } = await loop.cluster.list({ group: '', version: 'v1', kind: 'Event' }, { namespace: 'default' });
    return items.find(({ message }) => String(message).startsWith('pushed commit'));
  });
  expect(event['message']).toContain(`pushed commit '${head.slice(0, 7)}' to branch 'main'`);
  expect(conditionOf(await loop.get('ImageUpdateAutomation', 'fleet'), 'Reconciling')).toBeUndefined();
});
