import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type Loop, startLoop } from '../journeys/support/start-loop.ts';
import { type Ran, runTagalong } from './support/run-tagalong.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

async function kubeconfigOf(loop: Loop): Promise<string> {
  const path = join(loop.folder, 'kubeconfig-of-the-person');
  await writeFile(path, loop.controlPlane.kubeconfigYaml);
  return path;
}

/** The program against the API of a running loop. */
async function run(loop: Loop, ...args: readonly string[]): Promise<Ran> {
  return runTagalong([...args, '-n', 'default', '--kubeconfig', await kubeconfigOf(loop)]);
}

/** A loop in which a person reverted the bump from 1.0.0 to 1.1.0. */
async function reverted(): Promise<Loop & { readonly revert: string }> {
  const loop = await startLoop();
  await loop.settles();
  await loop.pushTag('web', '1.1.0');
  await loop.lands('apps/web.yaml', ':1.1.0');
  await loop.settles();
  await loop.person.pull();
  const revert = await loop.person.revertAndPush('HEAD');
  await loop.request('GitRepository', 'fleet');
  await loop.until('a hold', async () => (await loop.condition('ImageUpdateAutomation', 'fleet', 'Held'))?.status === 'True');
  return { ...loop, revert };
}

test('a hold is shown, released by name, and lands as a commit whose id is printed', async () => {
  await using loop = await reverted();
  const holds = JSON.parse((await run(loop, 'get', 'holds', '-o', 'json')).stdout);
  const released = await run(loop, 'release', 'web');
  await loop.lands('apps/web.yaml', ':1.1.0');
  expect({ commit: holds[0]?.by.commit, code: released.code, stdout: released.stdout }).toEqual({
    commit: loop.revert.slice(0, 7),
    code: 0,
    stdout: `${await loop.main.head()}\n`,
  });
});

test('a release of another commit, or of another policy, finds nothing and changes nothing', async () => {
  await using loop = await reverted();
  const head = await loop.main.head();
  const answers = [await run(loop, 'release', 'web', '--commit', '1234567'), await run(loop, 'release', 'api')];
  expect(answers.map(({ code, stderr }) => [code, stderr.split(';')[0]])).toEqual([
    [1, '✗ nothing of ImagePolicy web is held by 1234567 in "default" namespace'],
    [1, '✗ imagepolicies.image.toolkit.fluxcd.io "api" not found in "default" namespace\n'],
  ]);
  expect(await loop.main.head()).toBe(head);
});

test('explain policy asks the registry itself, also for tags that nobody scanned yet', async () => {
  await using loop = await startLoop();
  await loop.settles();
  await loop.registry.pushTag('web', '1.5.0');
  await loop.registry.pushTag('web', '2.0.0');
  const { code, stdout } = await run(loop, 'explain', 'policy', 'web', '-o', 'json');
  expect([code, JSON.parse(stdout).selected]).toEqual([0, '1.5.0']);
});

/** Reads until every one of the words was printed. */
async function collect(child: ChildProcess, ...words: readonly string[]): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += chunk;
    if (words.every((word) => text.includes(word))) break;
  }
  return text;
}

const expected = ['tag seen', 'selected', 'committed', 'stored'];

test('watch tells the hops of a bump as they come, plain in a pipe, and ends by Ctrl-C with 0', async () => {
  await using loop = await startLoop();
  await loop.settles();
  const child = spawn(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    main,
    'watch',
    '-n',
    'default',
    '--kubeconfig',
    await kubeconfigOf(loop),
  ]);
  await once(child.stderr, 'data'); // it says what it watches when it has seen everything once
  const told = collect(child, ...expected);
  await loop.pushTag('web', '1.1.0');
  const text = await told;
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  const hops = expected.filter((hop) => text.includes(`  ${hop} `));
  expect({ hops, code, colour: text.includes('\u001b'), late: /^\d\d:\d\d:\d\d\.\d{3} +\+\d+\.\d\ds/.test(text) }).toEqual({
    hops: expected,
    code: 0,
    colour: false,
    late: true,
  });
});

test('watch ends by itself after --for, and get --watch prints a row for each change', async () => {
  await using loop = await startLoop();
  await loop.settles();
  const watched = await run(loop, 'watch', '--for', '100ms');
  const child = spawn(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    main,
    'get',
    'images',
    'policy',
    '-w',
    '-n',
    'default',
    '--kubeconfig',
    await kubeconfigOf(loop),
  ]);
  const rows = collect(child, '1.1.0');
  await once(child.stdout, 'readable');
  await loop.pushTag('web', '1.1.0');
  const text = await rows;
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  const tags = text.split('\n').map((line) => line.split('\t')[2]?.trim() ?? '');
  expect([watched.code, code, tags.slice(0, 2), tags.includes('1.1.0')]).toEqual([0, 0, ['TAG', '1.0.0'], true]);
});

test('what waits because history is gone is released by name as well', async () => {
  await using loop = await startLoop();
  await loop.settles();
  await loop.pushTag('web', '1.1.0');
  await loop.lands('apps/web.yaml', ':1.1.0');
  await loop.settles();
  await loop.stopApp();
  await loop.person.pull();
  await loop.person.git('reset', '--hard', '--quiet', 'HEAD~1');
  await loop.person.git('push', '--quiet', '--force', 'origin', 'HEAD:main');
  // The commit is in no branch and in no mirror any more, and nobody remembers what it wrote.
  await loop.startApp({ stateFolder: `${loop.folder}/another` });
  const guarded = await loop.until('a guard', async () => {
    const condition = await loop.condition('ImageUpdateAutomation', 'fleet', 'Guarded');
    return condition?.reason === 'HistoryUnavailable' && condition;
  });
  const other = await run(loop, 'release', 'api');
  const released = await run(loop, 'release', 'web');
  expect({
    says: guarded.message.includes('`tagalong release web -n default`'),
    codes: [other.code, released.code],
    stdout: released.stdout,
    landed: (await loop.main.file('apps/web.yaml'))?.includes(':1.1.0'),
    after: await loop.condition('ImageUpdateAutomation', 'fleet', 'Guarded'),
  }).toEqual({ says: true, codes: [1, 0], stdout: `${await loop.main.head()}\n`, landed: true, after: undefined });
});
