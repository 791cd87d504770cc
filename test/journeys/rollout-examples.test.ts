import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../src/core/index.ts';
import { startGiteaStandIn } from '../forge/support/gitea-stand-in.ts';
import { readBranch } from './support/branch.ts';
import { secret } from './support/resources.ts';
import { type RolloutLoop, startRolloutLoop } from './support/rollout-loop.ts';

const token = 's3cret-t0ken';

/** The files of an example below `apps/`, on the parts of a loop. */
function filesOf(example: string, host: string): Record<string, string> {
  const root = fileURLToPath(new URL(`../../examples/${example}`, import.meta.url));
  const walk = (folder: string): string[] =>
    readdirSync(folder).flatMap((name) =>
      statSync(join(folder, name)).isDirectory() ? walk(join(folder, name)) : [join(folder, name)],
    );
  const paths = walk(join(root, 'apps'));
  return Object.fromEntries(paths.map((path) => [relative(root, path), localise(readFileSync(path, 'utf8'), host)]));
}

function localise(text: string, host: string): string {
  return text.replaceAll('registry.example.com', host).replaceAll('flux-system', 'default');
}

/** Everything of an example's bot.yaml, as it would be applied, but for the addresses. */
function resourcesOf(example: string, host: string, addresses: Readonly<Record<string, string>>): KubeObject[] {
  const path = fileURLToPath(new URL(`../../examples/${example}/bot.yaml`, import.meta.url));
  const text = Object.entries(addresses).reduce(
    (rest, [from, to]) => rest.replaceAll(from, to),
    localise(readFileSync(path, 'utf8'), host),
  );
  const objects = parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
  for (const object of objects)
    if (object.kind === 'ImageRepository') Object.assign(object['spec'] as object, { insecure: true });
  return objects;
}

/** A loop on which an example runs, with its own repository `acme/fleet`. */
async function startExample(example: string, first: readonly string[]): Promise<RolloutLoop & { readonly repository: string }> {
  const auth = { kind: 'basic', username: 'bot', password: token } as const;
  const loop = await startRolloutLoop({
    ...{ guard: null, applies: false, source: null, repository: null, policy: null, automation: null, git: { auth } },
    ...{
      files: (host: string) => filesOf(example, host),
      waitsFor: [],
      extra: [secret('fleet', { username: 'bot', password: token })],
    },
  });
  const repository = await loop.gitHost.createRepository('acme/fleet');
  await loop.person.git('push', '--quiet', repository, 'HEAD:main');
  await loop.apply(
    ...resourcesOf(example, loop.registry.host, { 'https://git.example.com/acme/fleet.git': loop.gitHost.url('acme/fleet') }),
  );
  for (const name of first) await loop.serves(name, '1.0.0');
  await loop.ready('ImageUpdateAutomation', 'fleet');
  return { ...loop, repository };
}

test('examples/automatic-rollback: a bad tag goes and comes back, and the next one passes', async () => {
  await using loop = await startExample('automatic-rollback', ['web']);
  loop.broken.set('web:1.1.0', 'missing');
  await loop.pushTag('web', '1.1.0');
  await loop.phase('web', '1.1.0', 'RolledBack');
  await loop.serves('web', '1.0.0');
  await loop.pushTag('web', '1.2.0');
  await loop.phase('web', '1.2.0', 'Healthy');
});

test('examples/promotion: production follows staging by half an hour', async () => {
  await using loop = await startExample('promotion', ['web-staging', 'web-production']);
  await loop.pushTag('web', '1.1.0');
  await loop.phase('web-staging', '1.1.0', 'Healthy');
  await loop.rests();
  await loop.serves('web-production', '1.0.0');
  loop.clock.skip(31 * 60_000);
  const rollout = await loop.phase('web-production', '1.1.0', 'Healthy');
  expect(rollout.spec.waited?.map(({ reason }) => reason)).toEqual(['RequirementUnmet']);
  expect(rollout.status?.phases?.map(({ phase }) => phase).slice(0, 3)).toEqual(['Selected', 'Waiting', 'Committed']);
});

test('examples/pull-requests-for-production: staging is pushed to, production is asked for and followed once it is merged', async () => {
  await using loop = await startExample('pull-requests-for-production', ['web-staging', 'web-production']);
  await using forge = await startGiteaStandIn(loop.repository, 'acme/fleet', token);
  const forgeUrl = { metadata: { annotations: { 'tagalong.dev/forge-url': forge.server.url } } };
  await loop.patch('ImageUpdateAutomation', 'fleet', forgeUrl);
  await loop.pushTag('web', '1.1.0');
  await loop.phase('web-staging', '1.1.0', 'Healthy');
  const request = await loop.until('a request', async () => (await forge.state.list()).find(({ state }) => state === 'open'));
  const main = readBranch(loop.repository, 'main');
  expect(await main.file('apps/production/web.yaml')).toContain(':1.0.0');
  await loop.rests();
  await forge.state.merge(request.number, 'merge');
  await loop.request('GitRepository', 'fleet');
  await loop.request('ImageUpdateAutomation', 'fleet');
  const rollout = await loop.phase('web-production', '1.1.0', 'Healthy');
  expect(rollout.spec.pullRequest).toContain(`/pulls/${request.number}`);
});
