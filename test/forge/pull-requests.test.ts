import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runInProcess } from '../cli/support/run-tagalong.ts';
import { type Branch, readBranch } from '../journeys/support/branch.ts';
import { imagePolicy, imageUpdateAutomation, secret, updateGuard } from '../journeys/support/resources.ts';
import { type Loop, type LoopOptions, startLoop } from '../journeys/support/start-loop.ts';
import { findFreePort } from '../real/free-port.ts';
import { Refusal } from './support/forge-state.ts';
import { startGiteaStandIn } from './support/gitea-stand-in.ts';
import { type StandIn, startGitHubStandIn } from './support/github-stand-in.ts';
import { startGitLabStandIn } from './support/gitlab-stand-in.ts';

const web = 'apps/web.yaml';
const all = 'tagalong/default/fleet/all';
const token = 's3cret-t0ken';

const forges = [
  { forge: 'github', start: startGitHubStandIn, word: 'pull request #' },
  { forge: 'gitlab', start: startGitLabStandIn, word: 'merge request !' },
  { forge: 'gitea', start: startGiteaStandIn, word: 'pull request #' },
] as const;

type ForgeRow = (typeof forges)[number];

interface ForgeLoop extends AsyncDisposable {
  readonly loop: Loop;
  readonly forge: StandIn;
  branch(name: string): Branch;
  /** Asks for a run and waits for its end. */
  run(): Promise<void>;
  /** The open requests. */
  open(): Promise<readonly { number: number; title: string; body: string; branch: string; head: string }[]>;
}

/** The loop with a forge beside the git host, on the same repository; the automation asks instead of pushing. */
async function startForgeLoop(
  { forge: kind, start }: ForgeRow,
  annotations: Readonly<Record<string, string>> = {},
  options: Omit<LoopOptions, 'automation' | 'git'> = {},
): Promise<ForgeLoop> {
  await using stack = new AsyncDisposableStack();
  const auth = { kind: 'basic', username: 'bot', password: token } as const;
  const source = { spec: { secretRef: { name: 'git' } } };
  const extra = [secret('git', { username: 'bot', password: token })];
  const loop = stack.use(await startLoop({ ...options, asleep: true, automation: null, git: { auth }, source, extra }));
  // The URL of the repository says how the forge calls it: <owner>/<name>.
  const bare = await loop.gitHost.createRepository('acme/fleet');
  await loop.person.git('push', '--quiet', bare, 'HEAD:main');
  const forge = stack.use(await start(bare, 'acme/fleet', token));
  await loop.patch('GitRepository', 'fleet', { spec: { url: loop.gitHost.url('acme/fleet') } });
  const metadata = {
    annotations: {
      'tagalong.dev/pull-request': 'true',
      'tagalong.dev/forge': kind,
      'tagalong.dev/forge-url': forge.server.url,
      ...annotations,
    },
  };
  await loop.apply(imageUpdateAutomation({ metadata }));
  await loop.startApp();
  const resources = stack.move();
  return {
    loop,
    forge,
    branch: (name) => readBranch(bare, name),
    run: async () => void (await loop.request('ImageUpdateAutomation', 'fleet')),
    open: async () => (await forge.state.list()).filter(({ state }) => state === 'open'),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function opened({ loop, open }: ForgeLoop, text: string) {
  return loop.until(`a request for ${text}`, async () =>
    (await open()).find(({ title, body }) => `${title}\n${body}`.includes(text)),
  );
}

test.for(forges)('$forge: a bump becomes a request, main stays as it is, and a newer tag moves the same request', async (row) => {
  await using place = await startForgeLoop(row);
  const { loop, forge } = place;
  await loop.pushTag('web', '1.1.0');
  const first = await opened(place, 'Update web to 1.1.0');
  expect(first).toMatchObject({ number: 1, branch: all, head: await place.branch(all).head() });
  expect(first.body).toContain(
    `| \`web\` | \`${web}:10\` | \`${loop.image('web', '1.0.0')}\` | \`${loop.image('web', '1.1.0')}\` |`,
  );
  expect(await place.branch('main').commits()).toHaveLength(1);
  await loop.pushTag('web', '1.2.0');
  await opened(place, 'Update web to 1.2.0');
  await loop.rests();
  expect(forge.state.requests).toHaveLength(1);
  expect((await place.branch(all).commits()).map(({ subject }) => subject)).toEqual([
    'Update from image update automation',
    'Start',
  ]);
  const requests = await loop.condition('ImageUpdateAutomation', 'fleet', 'RequestsOpen');
  expect(requests?.message).toContain(`${row.word}1: Update web to 1.2.0`);
});

test.for(forges)('$forge: a run without news asks the forge, and writes nothing', async (row) => {
  await using place = await startForgeLoop(row);
  await place.loop.pushTag('web', '1.1.0');
  await opened(place, '1.1.0');
  await place.loop.rests();
  const before = place.forge.server.requests.length;
  const head = await place.branch(all).head();
  await place.run();
  const since = place.forge.server.requests.slice(before);
  expect(since.length).toBeGreaterThan(0);
  expect(since.filter(({ method }) => method !== 'GET')).toEqual([]);
  expect(await place.branch(all).head()).toBe(head);
});

test.for(forges)('$forge: once it is merged its branch goes, however it was merged', async (row) => {
  await using place = await startForgeLoop(row);
  for (const [tag, method, number] of [
    ['1.1.0', 'merge', 1],
    ['1.2.0', 'squash', 2],
    ['1.3.0', 'rebase', 3],
  ] as const) {
    await place.loop.pushTag('web', tag);
    await opened(place, `Update web to ${tag}`);
    await place.loop.rests();
    await place.forge.state.merge(number, method);
    await place.run();
    await expect(place.branch(all).head()).rejects.toThrow();
    expect(await place.branch('main').file(web)).toContain(`:${tag}`);
  }
  expect(await place.loop.condition('ImageUpdateAutomation', 'fleet', 'RequestsOpen')).toBeUndefined();
});

test('an event of the forge brings the hold at once: a Receiver on the repository tells the automation whose branch it is', async () => {
  await using place = await startForgeLoop(forges[0]);
  const { loop, forge } = place;
  const port = await findFreePort();
  await loop.stopApp();
  await loop.startApp({ webhooks: { host: '127.0.0.1', port } });
  await loop.apply(secret('webhook', { token: 'w' }), {
    ...{ apiVersion: 'notification.toolkit.fluxcd.io/v1', kind: 'Receiver' },
    metadata: { name: 'forge', namespace: 'default' },
    spec: {
      ...{ type: 'github', events: ['push', 'pull_request'], secretRef: { name: 'webhook' } },
      resources: [{ kind: 'GitRepository', name: 'fleet' }],
    },
  });
  await loop.pushTag('web', '1.1.0');
  await opened(place, '1.1.0');
  const { path } = await loop.until('the Receiver', async () => {
    const { webhookPath } = ((await loop.get('Receiver', 'forge'))['status'] ?? {}) as { webhookPath?: string };
    return webhookPath === undefined ? undefined : { path: webhookPath };
  });
  await loop.rests();
  await forge.state.closeBy(1, 'ann');
  const body = JSON.stringify({ action: 'closed', number: 1, pull_request: { merged: false, head: { ref: all } } });
  const signature = `sha256=${createHmac('sha256', 'w').update(body).digest('hex')}`;
  const headers = {
    ...{ 'content-type': 'application/json', 'x-github-event': 'pull_request' },
    'x-hub-signature-256': signature,
  };
  expect((await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body, headers })).status).toBe(200);
  const held = await loop.until('the hold', () => loop.condition('ImageUpdateAutomation', 'fleet', 'Held'));
  expect(held.message).toContain('ann closed pull request #1 unmerged');
});

test.for(forges)('$forge: closed unmerged, the version is held until a newer one, and shown with who closed it', async (row) => {
  await using place = await startForgeLoop(row);
  const { loop, forge } = place;
  await loop.pushTag('web', '1.1.0');
  await opened(place, '1.1.0');
  await loop.rests();
  await forge.state.closeBy(1, 'ann');
  await place.run();
  const held = await loop.condition('ImageUpdateAutomation', 'fleet', 'Held');
  expect(held?.message).toContain(`:1.1.0 is held at ${web}`);
  expect(held?.message).toContain(`${row.forge === 'gitea' ? 'somebody' : 'ann'} closed ${row.word}1 unmerged`);
  expect(await place.open()).toEqual([]);
  await loop.pushTag('web', '1.2.0');
  await opened(place, 'Update web to 1.2.0');
});

test('a request that was closed by mistake and opened again goes on', async () => {
  await using place = await startForgeLoop(forges[0]);
  const { loop, forge } = place;
  await loop.pushTag('web', '1.1.0');
  await opened(place, '1.1.0');
  await loop.rests();
  await forge.state.closeBy(1, 'ann');
  await place.run();
  await forge.state.reopen(1);
  await place.run();
  expect(await loop.condition('ImageUpdateAutomation', 'fleet', 'Held')).toBeUndefined();
  expect(forge.state.requests).toHaveLength(1);
});

test('a release asks for the held version again, and closing that one holds again', async () => {
  await using place = await startForgeLoop(forges[0]);
  const { loop, forge } = place;
  await loop.pushTag('web', '1.1.0');
  const first = await opened(place, '1.1.0');
  await loop.rests();
  const { head } = first;
  await forge.state.closeBy(1, 'ann');
  await place.run();
  // A commit of another second is another commit.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  await loop.patch('ImageUpdateAutomation', 'fleet', { metadata: { annotations: { 'tagalong.dev/release': `web@${head}` } } });
  await place.run();
  const [second] = await place.open();
  expect(second).toMatchObject({ number: 2, title: 'Update web to 1.1.0' });
  expect(second?.head).not.toBe(head);
  await forge.state.closeBy(2, 'ann');
  await place.run();
  expect((await loop.condition('ImageUpdateAutomation', 'fleet', 'Held'))?.message).toContain('closed pull request #2 unmerged');
});

test('`get holds` shows who closed it, and `release` asks for it again and prints the request', async () => {
  await using place = await startForgeLoop(forges[0]);
  const { loop, forge } = place;
  await loop.pushTag('web', '1.1.0');
  const { head } = await opened(place, '1.1.0');
  await loop.rests();
  await forge.state.closeBy(1, 'ann');
  await place.run();
  const kubeconfig = join(loop.folder, 'kubeconfig');
  await writeFile(kubeconfig, loop.controlPlane.kubeconfigYaml);
  const run = (...args: readonly string[]) => runInProcess([...args, '-n', 'default', '--kubeconfig', kubeconfig]);
  const holds = await run('get', 'holds');
  expect(holds.stdout).toContain(head.slice(0, 7));
  expect(holds.stdout).toMatch(/ann\s+Update web to 1\.1\.0/);
  const released = await run('release', 'web');
  expect(released).toMatchObject({ code: 0, stdout: expect.stringContaining('pull request #2: Update web to 1.1.0') });
});

test('a guard can ask for the policies that it guards, while others are pushed', async () => {
  const annotations = { 'tagalong.dev/pull-request': 'false' };
  await using place = await startForgeLoop(forges[0], annotations, { images: { api: ['1.0.0'], web: ['1.0.0'] } });
  const { loop } = place;
  await loop.apply(imagePolicy('web', { metadata: { labels: { tier: 'critical' } } }));
  await loop.apply(updateGuard({ delivery: 'PullRequest', policySelector: { matchLabels: { tier: 'critical' } } }, 'look-first'));
  await loop.rests();
  await loop.pushTag('api', '1.1.0');
  await loop.pushTag('web', '1.1.0');
  await loop.until('api to land', async () => (await place.branch('main').file('apps/api.yaml'))?.includes(':1.1.0'));
  const request = await opened(place, 'Update web to 1.1.0');
  await loop.rests();
  expect(await place.branch('main').file(web)).toContain(':1.0.0');
  expect((await place.branch(request.branch).commits()).map(({ files }) => files)[0]).toEqual([web]);
});

test('a commit of somebody else on the branch leaves branch and request as they are, and it is said', async () => {
  await using place = await startForgeLoop(forges[0]);
  const { loop, forge } = place;
  await loop.pushTag('web', '1.1.0');
  await opened(place, '1.1.0');
  await loop.rests();
  const theirs = await forge.state.repository.commit(all, 'Fix the tests', { 'fix.txt': Buffer.from('fixed\n') });
  await loop.pushTag('web', '1.2.0');
  const kept = await loop.until('it is said', () => loop.condition('ImageUpdateAutomation', 'fleet', 'BranchKept'));
  expect(kept.message).toContain('Fix the tests');
  expect(await place.branch(all).head()).toBe(theirs);
  expect((await place.open()).map(({ title }) => title)).toEqual(['Update web to 1.1.0']);
});

test.for(forges)('$forge: a request that has nothing to land any more is closed, which holds nothing', async (row) => {
  await using place = await startForgeLoop(row);
  const { loop, forge } = place;
  await loop.pushTag('web', '1.1.0');
  await opened(place, '1.1.0');
  await loop.rests();
  await loop.patch('ImagePolicy', 'web', { spec: { policy: { semver: { range: '1.0.x' } } } });
  await loop.until('it is closed', async () => (await place.open()).length === 0);
  await loop.rests();
  expect(forge.state.requests[0]?.comments).toEqual(['Closed by tagalong: there is nothing to land any more.']);
  await expect(place.branch(all).head()).rejects.toThrow();
  await loop.patch('ImagePolicy', 'web', { spec: { policy: { semver: { range: '1.x' } } } });
  await opened(place, 'Update web to 1.1.0');
  expect(await loop.condition('ImageUpdateAutomation', 'fleet', 'Held')).toBeUndefined();
});

test('one request a policy, where it is wanted so, and one for a group', async () => {
  const images = { api: ['1.0.0'], web: ['1.0.0'], worker: ['1.0.0'] };
  const annotations = { 'tagalong.dev/pull-request-per': 'policy' };
  await using place = await startForgeLoop(forges[0], annotations, { images });
  const { loop } = place;
  const grouped = { metadata: { annotations: { 'tagalong.dev/group': 'back end' } } };
  await loop.apply(imagePolicy('api', grouped), imagePolicy('worker', grouped));
  for (const image of Object.keys(images)) await loop.pushTag(image, '1.1.0');
  await loop.until('both', async () => {
    const branches = (await place.open()).map(({ branch, title }) => `${branch}: ${title}`).toSorted();
    const group = 'tagalong/default/fleet/group-back-end: Update 2 images';
    return JSON.stringify(branches) === JSON.stringify([group, 'tagalong/default/fleet/policy-web: Update web to 1.1.0']);
  });
});

test.for(forges)('$forge: auto-merge waits for checks, and merges exactly the head that was pushed', async (row) => {
  await using place = await startForgeLoop(row, { 'tagalong.dev/auto-merge': 'squash' });
  const { loop, forge } = place;
  // GitLab tells by a pipeline that there is something to wait for; the others take the order as it is.
  forge.state.hasChecks = row.forge !== 'gitlab';
  await loop.pushTag('web', '1.1.0');
  if (forge.state.hasChecks) {
    const request = await opened(place, '1.1.0');
    await loop.until('the order', async () => forge.state.requests[0]?.scheduled?.head === request.head);
    expect(forge.state.requests[0]?.scheduled?.method).toBe('squash');
    forge.state.hasChecks = false;
    Object.assign(forge.state.requests[0] ?? {}, { scheduled: null });
    await place.run();
  }
  await loop.until('it is merged', async () => (await place.branch('main').file(web))?.includes(':1.1.0'));
  await loop.until('its branch to go', () =>
    place
      .branch(all)
      .head()
      .then(
        () => false,
        () => true,
      ),
  );
  await loop.until('the source follows', async () =>
    JSON.stringify((await loop.get('GitRepository', 'fleet'))['status']).includes(await place.branch('main').head()),
  );
});

test('a head that is not ours is never merged', async () => {
  await using place = await startForgeLoop(forges[0], { 'tagalong.dev/auto-merge': 'merge' });
  const { loop, forge } = place;
  forge.state.hasChecks = true;
  await loop.pushTag('web', '1.1.0');
  await opened(place, '1.1.0');
  await loop.rests();
  await forge.state.repository.commit(all, 'Sneak in', { 'x.txt': Buffer.from('x\n') });
  Object.assign(forge.state.requests[0] ?? {}, { scheduled: null });
  forge.state.hasChecks = false;
  await place.run();
  expect(await place.branch('main').commits()).toHaveLength(1);
  expect(forge.state.requests[0]?.state).toBe('open');
});

test.for(forges)('$forge: commits made through its API carry the same files, and end on the same branch', async (row) => {
  await using place = await startForgeLoop(row, { 'tagalong.dev/commit-via': 'forge' });
  await place.loop.pushTag('web', '1.1.0');
  await opened(place, '1.1.0');
  await place.loop.rests();
  const committer = await place.branch(all).git('log', '-1', '--format=%cn', all);
  expect(committer.trim()).toBe('Forge');
  expect(await place.branch(all).file(web)).toContain(':1.1.0');
  await expect(place.branch('tagalong/default/fleet/scratch').head()).rejects.toThrow();
  await place.loop.pushTag('web', '1.2.0');
  await opened(place, 'Update web to 1.2.0');
  await place.loop.rests();
  expect(await place.branch(all).commits()).toHaveLength(2);
});

test('titles and bodies follow templates, and a template with a mistake stalls at once', async () => {
  const annotations = {
    'tagalong.dev/pull-request-title': 'deps: {{ range .Changed.Changes }}{{ .NewValue }}{{ end }}',
    'tagalong.dev/pull-request-body': 'By {{ .AutomationObject }}',
  };
  await using place = await startForgeLoop(forges[0], annotations);
  await place.loop.pushTag('web', '1.1.0');
  const request = await opened(place, 'deps: ');
  expect(request).toMatchObject({ title: `deps: ${place.loop.image('web', '1.1.0')}`, body: 'By default/fleet' });
  await place.loop.patch('ImageUpdateAutomation', 'fleet', {
    metadata: { annotations: { 'tagalong.dev/pull-request-title': '{{ .Nonsense }' } },
  });
  await place.run();
  expect(await place.loop.condition('ImageUpdateAutomation', 'fleet', 'Stalled')).toMatchObject({ reason: 'InvalidTemplate' });
});

test.for<{ status: number; headers: Record<string, string>; says: string }>([
  { status: 401, headers: {}, says: 'see what the token may do' },
  { status: 403, headers: {}, says: 'see what the token may do' },
  { status: 422, headers: {}, says: 'it answered 422 (Validation Failed)' },
  { status: 403, headers: { 'retry-after': '7' }, says: 'trying again in 7 s' },
  { status: 429, headers: { 'retry-after': '7' }, says: 'trying again in 7 s' },
])('an answer $status $headers is told with its words, without the token, and the next run goes on', async (row) => {
  await using place = await startForgeLoop(forges[0]);
  const { loop, forge } = place;
  await loop.rests();
  const message = row.status === 422 ? 'Validation Failed' : `no for ${token}`;
  forge.server.failNext(
    ({ method, path }) => method === 'POST' && path.endsWith('/pulls'),
    new Refusal(row.status, message, row.headers),
  );
  await loop.pushTag('web', '1.1.0');
  const failed = await loop.until('the failure', async () => {
    const ready = await loop.condition('ImageUpdateAutomation', 'fleet', 'Ready');
    return ready?.status === 'False' && ready;
  });
  expect(failed.message).toContain(row.says);
  expect(JSON.stringify(await loop.get('ImageUpdateAutomation', 'fleet'))).not.toContain(token);
  await place.run();
  await opened(place, 'Update web to 1.1.0');
});

test('the token of a repository goes to no other host', async () => {
  const annotations = { 'tagalong.dev/forge-url': 'http://forge.elsewhere.example' };
  await using place = await startForgeLoop(forges[0], annotations);
  const stalled = await place.loop.until('it stalls', () => place.loop.condition('ImageUpdateAutomation', 'fleet', 'Stalled'));
  expect(stalled).toMatchObject({ reason: 'ForgeTokenMissing' });
  expect(stalled.message).toContain("is not sent to 'forge.elsewhere.example'");
});

test('a Secret of its own opens the forge', async () => {
  await using place = await startForgeLoop(forges[0], { 'tagalong.dev/forge-secret': 'forge' });
  await place.loop.until('it is missing', async () =>
    (await place.loop.condition('ImageUpdateAutomation', 'fleet', 'Ready'))?.message.includes('secrets "forge" not found'),
  );
  await place.loop.apply(secret('forge', { token }));
  await place.run();
  await place.loop.pushTag('web', '1.1.0');
  await opened(place, '1.1.0');
});
