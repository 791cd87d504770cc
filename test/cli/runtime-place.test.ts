import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readRuntimePlace } from '../../src/cli/runtime-place.ts';

const account = mkdtempSync(join(tmpdir(), 'tagalong-account-'));
writeFileSync(join(account, 'namespace'), 'bots\n');
afterAll(() => rmSync(account, { recursive: true }));

const pod = { KUBERNETES_SERVICE_HOST: '10.96.0.1' };

test.for([
  {
    because: 'outside of a cluster nothing is its own',
    environment: {},
    inCluster: false,
    namespace: 'flux-system',
    self: undefined,
  },
  { because: 'a pod is where its account is', environment: pod, inCluster: true, namespace: 'bots', self: { namespace: 'bots' } },
  {
    because: 'what the Deployment says counts more',
    environment: { ...pod, RUNTIME_NAMESPACE: 'other', RUNTIME_DEPLOYMENT: 'bot' },
    inCluster: true,
    namespace: 'other',
    self: { namespace: 'other', deployment: 'bot' },
  },
  {
    because: 'an empty word is none',
    environment: { ...pod, RUNTIME_NAMESPACE: '' },
    inCluster: true,
    namespace: 'bots',
    self: { namespace: 'bots' },
  },
])('$because', ({ because: _, environment, ...expected }) => {
  const { identity, apiServerAddress, ...place } = readRuntimePlace(environment, account);
  expect({ self: undefined, ...place }).toEqual(expected);
  expect(apiServerAddress).toBe(expected.inCluster ? '10.96.0.1' : undefined);
  expect(identity).toMatch(/_[0-9a-f-]{36}$/);
});

test('an API server that is named is not an address', () => {
  const { apiServerAddress } = readRuntimePlace({ KUBERNETES_SERVICE_HOST: 'api.example' }, account);
  expect(apiServerAddress).toBeUndefined();
});

test('a pod without a mounted account falls back to Flux’s namespace, and no two processes have one name', () => {
  const [one, other] = [readRuntimePlace(pod, '/nowhere'), readRuntimePlace(pod, '/nowhere')];
  expect([one.namespace, one.self]).toEqual(['flux-system', undefined]);
  expect(one.identity).not.toBe(other.identity);
});
