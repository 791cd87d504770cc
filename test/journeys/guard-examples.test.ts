import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseResource, type UpdateGuard } from '../../src/api/index.ts';
import type { KubeObject } from '../../src/core/index.ts';
import { compileGuard } from '../../src/guard/index.ts';
import { applyGuard, namespaceObject } from './support/guard-loop.ts';
import { resolveTag, signImage } from './support/push-artifact.ts';
import { type Loop, startLoop } from './support/start-loop.ts';

const read = (path: string) => readFileSync(new URL(`../../examples/${path}`, import.meta.url), 'utf8');
const objectsOf = (path: string) => parseAllDocuments(read(path)).map((document) => document.toJS() as KubeObject);
const namespace = 'flux-system';
const web = 'apps/web.yaml';

/** The loop on what an example holds: its own objects, at the sandbox's addresses. */
async function startExample(name: string): Promise<Loop> {
  const nothing = { source: null, repository: null, policy: null, automation: null };
  const files = (host: string) => ({ [web]: read(`${name}/${web}`).replaceAll('registry.example.com', host) });
  const loop = await startLoop({ ...nothing, files, extra: [namespaceObject(namespace)], asleep: true });
  for (const { spec, ...object } of objectsOf(`${name}/bot.yaml`)) {
    const text = JSON.stringify(spec).replaceAll('registry.example.com', loop.registry.host);
    const { secretRef: _, ...rest } = JSON.parse(text) as Record<string, unknown>;
    const own =
      object.kind === 'GitRepository'
        ? { url: loop.gitHost.url('fleet') }
        : object.kind === 'ImageRepository'
          ? { insecure: true }
          : {};
    await loop.apply({ ...object, spec: { ...rest, ...own } });
  }
  return loop;
}

async function scan(loop: Loop): Promise<void> {
  const ref = { group: 'image.toolkit.fluxcd.io', version: 'v1', kind: 'ImageRepository', namespace, name: 'web' };
  const annotations = { 'reconcile.fluxcd.io/requestedAt': String(loop.clock.now()) };
  await loop.cluster.patch(ref, { metadata: { annotations } }, { type: 'merge' });
}

test.for(['business-hours', 'signed-only'])('the guards of examples/%s can be obeyed', (name) => {
  const guards = objectsOf(`${name}/guards.yaml`).filter(({ kind }) => kind === 'UpdateGuard');
  expect(guards.length).toBeGreaterThan(0);
  for (const guard of guards) {
    const compiled = compileGuard(parseResource('UpdateGuard', guard) as UpdateGuard, Date.parse('2026-11-22T12:00:00Z'));
    expect(compiled.kind === 'invalid' ? compiled.problems : []).toEqual([]);
  }
});

test('examples/business-hours: what is pushed out of hours lands when the next window opens', async () => {
  await using loop = await startExample('business-hours');
  const closed = nextClosed(loop.clock.now());
  loop.clock.skip(closed - loop.clock.now());
  for (const object of objectsOf('business-hours/guards.yaml')) await loop.apply(object);
  await loop.startApp();
  await loop.registry.pushTag('web', '1.1.0');
  await scan(loop);
  const automation = { group: 'image.toolkit.fluxcd.io', version: 'v1', kind: 'ImageUpdateAutomation', namespace, name: 'fleet' };
  const until = await loop.until('the bump to wait', async () => {
    const { status } = (await loop.cluster.get(automation)) as { status?: { conditions?: { type: string; message: string }[] } };
    const message = status?.conditions?.find(({ type }) => type === 'Guarded')?.message ?? '';
    return /outside its windows; the next opens at (\S+Z)/.exec(message)?.[1];
  });
  expect(await loop.main.file(web)).toContain(':1.0.0');
  loop.clock.skip(Date.parse(until) - loop.clock.now());
  await loop.lands(web, ':1.1.0');
});

/** A Saturday noon that no freeze of the example covers. */
function nextClosed(now: number): number {
  const day = 86_400_000;
  for (let at = Math.ceil(now / day) * day + day / 2; ; at += day) {
    const isFrozen = at > Date.parse('2026-12-15T00:00:00Z') && at < Date.parse('2027-01-04T00:00:00Z');
    if (new Date(at).getUTCDay() === 6 && !isFrozen) return at;
  }
}

test('examples/signed-only: the newest signed tag lands, by its digest', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await using loop = await startExample('signed-only');
  await loop.startApp();
  for (const object of objectsOf('signed-only/guards.yaml')) {
    if (object.kind === 'UpdateGuard') await applyGuard(loop, object);
    else
      await loop.apply({
        ...object,
        stringData: { 'release.pub': publicKey.export({ type: 'spki', format: 'pem' }).toString() },
      });
  }
  const place = { host: loop.registry.host, repository: 'web' };
  await signImage(place, await loop.registry.pushTag('web', '1.1.0'), privateKey);
  await loop.registry.pushTag('web', '1.2.0');
  await scan(loop);
  await loop.lands(web, `:1.1.0@${await resolveTag(place, '1.1.0')}`);
});
