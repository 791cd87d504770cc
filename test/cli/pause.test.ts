import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Loop, startLoop } from '../journeys/support/start-loop.ts';
import { runInProcess, temporaryFolder } from './support/run-tagalong.ts';

let loop: Loop;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  loop = await startLoop();
  folder = await temporaryFolder();
  await writeFile(join(folder.path, 'kubeconfig'), loop.controlPlane.kubeconfigYaml);
  await loop.ready('ImageUpdateAutomation', 'fleet');
});
afterEach(async () => {
  await loop[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const run = (...args: readonly string[]) =>
  runInProcess([...args, '-n', 'default', '--kubeconfig', join(folder.path, 'kubeconfig')]);
const head = () => loop.main.head();

test('nothing is committed while commits are paused, and it lands when they go on', async () => {
  const before = await head();
  const paused = await run('pause', '--all', '--commits', '--for', '1h', '--reason', 'release freeze');
  expect(paused).toMatchObject({ code: 0, stderr: expect.stringContaining('✔ image update default/fleet is paused') });
  await loop.pushTag('web', '1.1.0');
  await loop.request('ImageUpdateAutomation', 'fleet');
  await loop.rests();
  expect(await head()).toBe(before);
  expect((await run('get', 'images', 'update')).stdout).toMatch(/paused until \S+: release freeze; /);
  expect((await run('explain', 'policy', 'web')).stderr).toMatch(
    /default\/fleet is paused until \S+: release freeze: it writes nothing/,
  );
  expect(await run('unpause', 'fleet')).toMatchObject({ code: 0, stderr: expect.stringContaining('goes on') });
  await loop.lands('apps/web.yaml', '1.1.0');
});

test('an observer says what it would write, and writes nothing', async () => {
  const before = await head();
  await loop.patch('ImageUpdateAutomation', 'fleet', { metadata: { annotations: { 'tagalong.dev/role': 'observer' } } });
  await loop.pushTag('web', '1.1.0');
  const said = await loop.until('the observer to see it', async () => {
    const condition = await loop.condition('ImageUpdateAutomation', 'fleet', 'Observing');
    return condition?.message.startsWith('would ') && condition.message;
  });
  expect(said).toBeTruthy();
  await loop.rests();
  expect(await head()).toBe(before);
});

test('a pause that nobody keeps is told', async () => {
  await loop.stopApp();
  const { code, stderr } = await run('pause', 'fleet', '--for', '1h');
  expect([code, stderr]).toEqual([1, expect.stringContaining('nobody took notice')]);
});

test('a name that is not there, and names beside --all, change nothing', async () => {
  expect(await run('pause', 'gone')).toMatchObject({ code: 1, stderr: expect.stringContaining("'gone'") });
  expect(await run('pause', 'fleet', '--all')).toMatchObject({ code: 2 });
  expect((await loop.get('ImageUpdateAutomation', 'fleet')).metadata.annotations ?? {}).not.toHaveProperty(
    'tagalong.dev/paused-until',
  );
});

test('an end that is no time stalls the object, since nobody could say when it goes on', async () => {
  await loop.patch('ImageUpdateAutomation', 'fleet', { metadata: { annotations: { 'tagalong.dev/paused-until': 'tomorrow' } } });
  const stalled = await loop.until('it to stall', () => loop.condition('ImageUpdateAutomation', 'fleet', 'Stalled'));
  expect(stalled.message).toContain('"tomorrow" is not a time');
});
