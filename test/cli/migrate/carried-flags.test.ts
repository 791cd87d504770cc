import { expect, test } from 'vitest';
import { carryFlags } from '../../../src/cli/migrate/carried-flags.ts';

const kustomize = (...args: string[]) => ({ name: 'kustomize-controller', args });
const source = (...args: string[]) => ({ name: 'source-controller', args });
const none = { flags: [], unknown: [], contradictions: [] };

test.for([
  {
    because: 'a Flux as it is installed has nothing to carry over',
    controllers: [
      kustomize('/manager', '--watch-all-namespaces=true', '--enable-leader-election', '--log-level=info', '--concurrent=20'),
    ],
    carried: none,
  },
  {
    because: 'a lockdown of tenants stays one',
    controllers: [
      kustomize('--no-cross-namespace-refs=true', '--no-remote-bases=true', '--default-service-account=default'),
      source('--no-cross-namespace-refs'),
    ],
    carried: { ...none, flags: ['--default-service-account=default', '--no-cross-namespace-refs'] },
  },
  {
    because: 'a switch that is off is none',
    controllers: [kustomize('--no-cross-namespace-refs=false')],
    carried: none,
  },
  {
    because: 'one namespace stays one',
    controllers: [kustomize('--watch-all-namespaces=false'), source('--watch-all-namespaces=false')],
    carried: { ...none, flags: ['--watch-namespace=gitops'] },
  },
  {
    because: 'a shard stays one',
    controllers: [
      kustomize('--watch-label-selector=!sharding.fluxcd.io/key'),
      source('--watch-label-selector=!sharding.fluxcd.io/key'),
    ],
    carried: { ...none, flags: ['--watch-label-selector=!sharding.fluxcd.io/key'] },
  },
  {
    because: 'the account of source-controller is a login at a cloud, not the one that applies',
    controllers: [source('--default-service-account=reader')],
    carried: { ...none, unknown: ['source-controller --default-service-account'] },
  },
  {
    because: 'what nobody knows here is told',
    controllers: [kustomize('--feature-gates=GroupChangeLog=true', '--override-manager=edit')],
    carried: { ...none, unknown: ['kustomize-controller --feature-gates', 'kustomize-controller --override-manager'] },
  },
  {
    because: 'a scope that only one of them has cannot be that of one process',
    controllers: [kustomize('--watch-all-namespaces=false'), source()],
    carried: {
      ...none,
      flags: ['--watch-namespace=gitops'],
      contradictions: ['--watch-namespace=gitops; not source-controller'],
    },
  },
])('$because', ({ controllers, carried }) => {
  expect(carryFlags(controllers, 'gitops')).toEqual(carried);
});
