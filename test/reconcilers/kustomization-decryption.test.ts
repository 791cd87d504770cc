import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/core/index.ts';
import { withoutRevealed } from '../../src/reconcilers/kustomization-decryption.ts';
import { KustomizationError } from '../../src/reconcilers/kustomization-deps.ts';
import { allFixtureKeys, fixtureKeys, readFixture, secretOf } from '../decrypt/test-keys.ts';
import {
  type Home,
  kustomization,
  type Process,
  startHome,
  startProcess,
  waitReady,
  waitReason,
} from './kustomization-fixture.ts';

let home: Home;
let running: Process;

beforeEach(async () => {
  home = await startHome();
  running = await startProcess(home);
});

afterEach(async () => {
  await running[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

const encrypted = readFixture('yaml-secret').encrypted.toString('utf8');
const databaseRef = { group: '', version: 'v1', kind: 'Secret', namespace: 'default', name: 'database' } as const;

function keySecret(entries: Record<string, string>): KubeObject {
  const { data } = secretOf(entries);
  const metadata = { name: 'keys', namespace: 'flux-system', labels: { 'reconcile.fluxcd.io/watch': 'Enabled' } };
  return { apiVersion: 'v1', kind: 'Secret', metadata, data };
}

const spec = { decryption: { provider: 'sops', secretRef: { name: 'keys' } } };

test('a Secret is applied decrypted, without what sops wrote beside it', async () => {
  await home.create(keySecret(allFixtureKeys));
  await home.create(kustomization('app', spec));
  await waitReady(home, 'app', await home.commit({ 'app/secret.yaml': encrypted }));
  const secret = await home.get(databaseRef);
  expect(Buffer.from((secret?.['data'] as { password: string } | undefined)?.password ?? '', 'base64').toString()).toBe(
    'correct horse',
  );
  expect(secret).not.toHaveProperty('sops');
});

describe('what keeps it from being applied', () => {
  test.for<{ because: string; keys: Record<string, string> | null; file: string; says: RegExp }>([
    {
      because: 'the Secret with the keys is missing',
      keys: null,
      file: encrypted,
      says: /^secrets "keys" not found in namespace flux-system: .*create it, or mend spec\.decryption\.secretRef/,
    },
    {
      because: 'a key cannot be read',
      keys: { 'a.agekey': 'nonsense' },
      file: encrypted,
      says: /^failed to import 'a\.agekey' data from sops decryption Secret 'flux-system\/keys'/,
    },
    {
      because: 'a key is missing',
      keys: fixtureKeys('rsa.asc'),
      file: encrypted,
      says: /^decryption failed for 'Secret\.v1\.\[noGrp\]\/database': .*app\/secret\.yaml: cannot get sops data key/,
    },
    {
      because: 'somebody changed the file',
      keys: allFixtureKeys,
      file: encrypted.replace('type: Opaque', 'type: Other'),
      says: /app\/secret\.yaml: error decrypting sops tree: MAC mismatch/,
    },
  ])('$because: BuildFailed, and what was applied stays', async ({ keys, file, says }) => {
    if (keys !== null) await home.create(keySecret(keys));
    await home.create(kustomization('app', spec));
    await home.commit({ 'app/secret.yaml': file });
    expect((await waitReason(home, 'app', 'BuildFailed'))?.message).toMatch(says);
    expect(await home.get(databaseRef)).toBeNull();
  });
});

test('an error of the API is told without what was decrypted', () => {
  const error = new KustomizationError('FAILED', 'Secret/default/x dry-run failed: invalid value "correct horse"', {
    reason: 'ReconciliationFailed',
    transient: false,
    unhealthy: 'quotes correct horse too',
  });
  const told = withoutRevealed(error, new Set(['correct horse'])) as KustomizationError;
  expect(told.message).toBe('Secret/default/x dry-run failed: invalid value "[redacted]"');
  expect(told.facts).toEqual({ reason: 'ReconciliationFailed', transient: false, unhealthy: 'quotes [redacted] too' });
  expect(told.cause).toBeUndefined();
});
