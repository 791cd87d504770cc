import { describe, expect, test } from 'vitest';
import { findNotImplemented, parseResource, type ResourceByKind } from '../../src/api/index.ts';
import { buildResource } from './build-resource.ts';

type Kind = keyof ResourceByKind;

/** The paths before the sentences. */
function findPaths(kind: Kind, spec: object, parts: object = {}): string[] {
  const resource = parseResource(kind, buildResource(kind, spec, parts));
  return findNotImplemented(resource).map((message) => message.slice(0, message.indexOf(': ')));
}

const name = { name: 'a' };
const author = { email: 'bot@example.com' };
const git = (more: object) => ({ git: { commit: { author }, ...more } });

describe('what is there passes', () => {
  test.for<{ kind: Kind; spec: object }>([
    {
      kind: 'GitRepository',
      spec: {
        timeout: '20s',
        secretRef: name,
        suspend: true,
        ignore: '*.md',
        provider: 'azure',
        serviceAccountName: 'a',
        proxySecretRef: name,
        include: [{ repository: name }],
        recurseSubmodules: true,
        sparseCheckout: ['a'],
        verify: { mode: 'Tag', secretRef: name },
        ref: { branch: 'a', tag: 'b', semver: 'c', name: 'd', commit: 'e' },
      },
    },
    {
      kind: 'Kustomization',
      spec: {
        path: './apps',
        retryInterval: '1m',
        timeout: '1m',
        wait: true,
        force: true,
        suspend: true,
        deletionPolicy: 'WaitForTermination',
        sourceRef: { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', name: 'a', namespace: 'b' },
        dependsOn: [{ name: 'a' }, { name: 'b', namespace: 'c' }],
        serviceAccountName: 'a',
        targetNamespace: 'a',
        namePrefix: 'b',
        nameSuffix: 'c',
        commonMetadata: { labels: { a: 'b' }, annotations: { a: 'b' } },
        images: [name],
        patches: [{ patch: 'x' }],
        components: ['a'],
        decryption: { provider: 'sops', secretRef: name, serviceAccountName: 'a' },
        ignoreMissingComponents: true,
        buildMetadata: ['originAnnotations'],
        postBuild: {
          substitute: { a: 'b' },
          substituteFrom: [{ kind: 'Secret', name: 'a', optional: true }],
          substituteStrategy: 'Always',
        },
        healthChecks: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'a', namespace: 'b' }],
      },
    },
    {
      kind: 'ImageUpdateAutomation',
      spec: git({
        checkout: { ref: { tag: 'a', semver: 'b', name: 'c', commit: 'd' } },
        commit: { author, signingKey: { secretRef: name } },
        push: { branch: 'a', refspec: 'HEAD:refs/heads/b', options: { a: 'b' } },
      }),
    },
    {
      kind: 'ImageRepository',
      spec: {
        timeout: '20s',
        secretRef: name,
        certSecretRef: name,
        insecure: true,
        exclusionList: ['^sha-'],
        suspend: true,
        provider: 'generic',
        accessFrom: { namespaceSelectors: [{ matchLabels: { a: 'b' } }] },
      },
    },
    {
      kind: 'ImagePolicy',
      spec: {
        imageRepositoryRef: { name: 'a', namespace: 'b' },
        policy: { semver: { range: '*' }, alphabetical: { order: 'desc' }, numerical: { order: 'asc' } },
        filterTags: { pattern: '.*', extract: '$0' },
        digestReflectionPolicy: 'Never',
        suspend: true,
      },
    },
    {
      kind: 'ImageUpdateAutomation',
      spec: {
        sourceRef: { name: 'a', namespace: 'b' },
        policySelector: { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'a', operator: 'Exists' }] },
        update: { strategy: 'Setters', path: 'apps' },
        suspend: true,
        git: {
          checkout: { ref: { branch: 'main' } },
          commit: { author: { ...author, name: 'Bot' }, messageTemplate: '{{ range .Changed.Changes }}{{ end }}' },
          push: { branch: 'main', options: { 'ci.skip': '' } },
        },
      },
    },
  ])('of $kind', ({ kind, spec }) => {
    expect(findPaths(kind, spec)).toEqual([]);
  });
});

describe('values that ask for nothing pass', () => {
  test.for<{ kind: Kind; spec: object }>([
    { kind: 'GitRepository', spec: { provider: 'generic', recurseSubmodules: false, include: [], sparseCheckout: [] } },
    {
      kind: 'Kustomization',
      spec: {
        patches: [],
        images: [],
        components: [],
        ignoreMissingComponents: false,
        buildMetadata: [],
        healthCheckExprs: [],
        ignore: [],
      },
    },
    { kind: 'Kustomization', spec: { serviceAccountName: '', commonMetadata: { labels: {}, annotations: {} } } },
    { kind: 'Kustomization', spec: { postBuild: { substitute: {}, substituteFrom: [], substituteStrategy: 'WithVariables' } } },
    { kind: 'Kustomization', spec: { dependsOn: [{ name: 'a', readyExpr: '' }] } },
    { kind: 'ImageUpdateAutomation', spec: git({ checkout: { ref: { branch: 'main', tag: '' } }, push: { refspec: '' } }) },
  ])('$kind with $spec', ({ kind, spec }) => {
    expect(findPaths(kind, spec)).toEqual([]);
  });
});

describe('what is not there yet is named', () => {
  test.for([
    { because: 'a key of cosign', verify: { secretRef: { name: 'keys' } }, paths: [] },
    { because: 'identities with a root of trust', verify: { trustedRootSecretRef: { name: 'root' } }, paths: [] },
    { because: 'notation', verify: { provider: 'notation', secretRef: { name: 'certs' } }, paths: ['spec.verify.provider'] },
    { because: 'identities, with a root of trust that the bot may have', verify: { provider: 'cosign' }, paths: [] },
  ])('an OCIRepository verified by $because: $paths', ({ verify, paths }) => {
    expect(findPaths('OCIRepository', { verify })).toEqual(paths);
  });
});

describe('annotations of our own', () => {
  const annotated = (annotations: Record<string, string>) => ({ metadata: { name: 'a', annotations } });
  test.for<{ kind: Kind; annotations: Record<string, string>; messages: string[] }>([
    {
      kind: 'ImageUpdateAutomation',
      annotations: { 'tagalong.dev/on-revert': 'rebump', 'tagalong.dev/commit-per': 'run' },
      messages: [],
    },
    {
      kind: 'ImageUpdateAutomation',
      annotations: { 'tagalong.dev/on-revert': 'hold', 'tagalong.dev/commit-per': 'policy' },
      messages: [],
    },
    { kind: 'ImageUpdateAutomation', annotations: { 'tagalong.dev/release': 'web 1.1.0 abc' }, messages: [] },
    { kind: 'ImagePolicy', annotations: { 'tagalong.dev/allow-downgrade': 'true' }, messages: [] },
    { kind: 'Kustomization', annotations: { 'tagalong.dev/confirm-prune': 'main@sha1:abc/1f3' }, messages: [] },
    { kind: 'GitRepository', annotations: { 'reconcile.fluxcd.io/requestedAt': 'now', 'example.com/x': 'y' }, messages: [] },
    {
      kind: 'ImageUpdateAutomation',
      annotations: { 'tagalong.dev/on-revert': 'rebumb' },
      messages: ['metadata.annotations[tagalong.dev/on-revert]: "rebumb" is not known, only hold and rebump'],
    },
    {
      kind: 'ImageUpdateAutomation',
      annotations: { 'tagalong.dev/constructor': 'x' },
      messages: ['metadata.annotations[tagalong.dev/constructor]: no such annotation of ImageUpdateAutomation is known'],
    },
    {
      kind: 'ImagePolicy',
      annotations: { 'tagalong.dev/on-revert': 'hold' },
      messages: ['metadata.annotations[tagalong.dev/on-revert]: no such annotation of ImagePolicy is known'],
    },
  ])('$kind with $annotations', ({ kind, annotations, messages }) => {
    const resource = parseResource(kind, buildResource(kind, {}, annotated(annotations)));
    expect(findNotImplemented(resource)).toEqual(messages);
  });
});
