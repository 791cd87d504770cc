import { afterAll, beforeAll, expect, test } from 'vitest';
import { imagePolicy, imageRepository, imageUpdateAutomation } from './support/resources.ts';
import { type Loop, startLoop } from './support/start-loop.ts';

let loop: Loop;

beforeAll(async () => {
  loop = await startLoop({ automation: null });
  await loop.ready('ImagePolicy', 'web');
});
afterAll(() => loop[Symbol.asyncDispose]());

const refused = async (kind: 'ImagePolicy' | 'ImageUpdateAutomation', name: string) => {
  const { reason, message } = await loop.ready(kind, name, 'False');
  return `${reason}: ${message}`;
};

test('a policy of a repository that was never scanned says so, and picks as soon as there are tags', async () => {
  const image = `${loop.registry.host}/late`;
  await loop.registry.pushTag('late', '1.0.0');
  await loop.apply(imageRepository(image, { spec: { suspend: true } }), imagePolicy('late'));
  expect(await refused('ImagePolicy', 'late')).toBe('DependencyNotReady: retrying in 30s error: no tags in database');
  await loop.patch('ImageRepository', 'late', { spec: { suspend: false } });
  expect((await loop.ready('ImagePolicy', 'late')).message).toContain('resolved to 1.0.0');
});

test('a policy that matches nothing any more keeps its answer, and says why it is not ready', async () => {
  await loop.patch('ImagePolicy', 'web', { spec: { policy: { semver: { range: '>=9' } } } });
  expect(await refused('ImagePolicy', 'web')).toMatch(/^Failure: /);
  expect((await loop.get('ImagePolicy', 'web'))['status']).toMatchObject({ latestRef: { tag: '1.0.0' } });
  await loop.patch('ImagePolicy', 'web', { spec: { policy: { semver: { range: '1.x' } } } });
  await loop.ready('ImagePolicy', 'web');
});

test('an automation on a tag has to be told a branch to push to; told one, it goes on', async () => {
  await loop.person.git('push', '--quiet', 'origin', 'HEAD:refs/tags/v1');
  await loop.apply(imageUpdateAutomation({ spec: { git: { checkout: { ref: { tag: 'v1' } } } } }, 'pinned'));
  expect(await refused('ImageUpdateAutomation', 'pinned')).toBe(
    'SourceManagerFailed: failed configuring source manager: push spec not provided, and cannot be inferred from .spec.git.checkout.ref or GitRepository .spec.ref',
  );
  await loop.patch('ImageUpdateAutomation', 'pinned', { spec: { git: { push: { branch: 'bumps' } } } });
  expect((await loop.ready('ImageUpdateAutomation', 'pinned')).message).toBe('repository up-to-date');
});
