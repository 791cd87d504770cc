import { expect, test } from 'vitest';
import type { FoundDeployment } from '../../../src/cli/check/check-installation.ts';
import { checkScope, partsToCome } from '../../../src/cli/migrate/check-scope.ts';

const found = (name: string, args: readonly string[], controllers: FoundDeployment['controllers'] = null): FoundDeployment => ({
  ...{ name, args, controllers, namespace: 'flux-system', image: 'x', account: name, replicas: 1, ready: 1 },
});
const lockdown = ['--default-service-account=default', '--no-cross-namespace-refs'];
const kustomize = found('kustomize-controller', lockdown);
const said = (deployments: readonly FoundDeployment[]) =>
  checkScope({ deployments }, ['image', 'kustomize'], 'flux-system').map(({ level, text }) => `${level}: ${text}`);

test.for([
  {
    because: 'without flags there is nothing to tell',
    deployments: [found('kustomize-controller', [])],
    says: ['good: the same for both'],
  },
  {
    because: 'before tagalong is there, its flags are announced',
    deployments: [kustomize],
    says: lockdown.map((flag) => `note: Flux runs with ${flag}; \`migrate plan\` gives it to tagalong`),
  },
  {
    because: 'a tagalong for another part is none that lacks them',
    deployments: [kustomize, found('tagalong', ['run'], ['image'])],
    says: lockdown.map((flag) => `note: Flux runs with ${flag}; \`migrate plan\` gives it to tagalong`),
  },
  {
    because: 'one that would apply as itself for tenants is not let through',
    deployments: [kustomize, found('tagalong', ['run', '--no-cross-namespace-refs'], ['image', 'kustomize'])],
    says: [
      'bad: tagalong runs without --default-service-account=default, with which Flux does; the commits of `migrate plan` bring it',
    ],
  },
  {
    because: 'one with the same flags is',
    deployments: [kustomize, found('tagalong', ['run', ...lockdown], ['image', 'kustomize'])],
    says: ['good: the same for both'],
  },
])('$because', ({ deployments, says }) => {
  expect(said(deployments)).toEqual(says);
});

test('a part is to come while no tagalong runs it', () => {
  expect(partsToCome([kustomize, found('tagalong', ['run'], ['image'])], ['image', 'source', 'kustomize'])).toEqual([
    'source',
    'kustomize',
  ]);
});
