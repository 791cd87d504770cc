import { expect, test } from 'vitest';
import { leaseName } from '../../src/lease/index.ts';

test('a Lease has the name that the controller of Flux gives it, with the hash of the selector where it is a shard', () => {
  expect(leaseName('source-controller-leader-election', undefined)).toBe('source-controller-leader-election');
  // printf '%s' 'sharding.fluxcd.io/key=shard1' | sha256sum
  expect(leaseName('source-controller-leader-election', 'sharding.fluxcd.io/key=shard1')).toBe(
    'source-controller-leader-election-73fdc1be',
  );
});
