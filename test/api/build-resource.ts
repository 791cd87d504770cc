import type { ResourceByKind } from '../../src/api/index.ts';

type Kind = keyof ResourceByKind;

const apiVersions: Readonly<Record<Kind, string>> = {
  GitRepository: 'source.toolkit.fluxcd.io/v1',
  OCIRepository: 'source.toolkit.fluxcd.io/v1',
  Bucket: 'source.toolkit.fluxcd.io/v1',
  ExternalArtifact: 'source.toolkit.fluxcd.io/v1',
  Kustomization: 'kustomize.toolkit.fluxcd.io/v1',
  ImageRepository: 'image.toolkit.fluxcd.io/v1',
  ImagePolicy: 'image.toolkit.fluxcd.io/v1',
  ImageUpdateAutomation: 'image.toolkit.fluxcd.io/v1',
  Receiver: 'notification.toolkit.fluxcd.io/v1',
  UpdateGuard: 'tagalong.dev/v1alpha1',
  Rollout: 'tagalong.dev/v1alpha1',
};

/** The smallest spec that is valid. */
const specs: Readonly<Record<Kind, object>> = {
  GitRepository: { url: 'https://git.example/app.git', interval: '1m' },
  OCIRepository: { url: 'oci://registry.example/app', interval: '1m' },
  Bucket: { bucketName: 'app', endpoint: 'minio.example', interval: '1m' },
  ExternalArtifact: {},
  Kustomization: { interval: '1m', prune: true, sourceRef: { kind: 'GitRepository', name: 'app' } },
  ImageRepository: { image: 'registry.example/app', interval: '1m' },
  ImagePolicy: { imageRepositoryRef: { name: 'app' }, policy: { semver: { range: '1.x' } } },
  ImageUpdateAutomation: { interval: '1m', sourceRef: { name: 'app' } },
  Receiver: { type: 'generic', resources: [], secretRef: { name: 'webhook' } },
  UpdateGuard: {},
  Rollout: {
    automation: { name: 'app' },
    writer: 'cluster/default/app',
    policy: { name: 'app' },
    image: { name: 'registry.example/app', tag: '1.1.0' },
    repository: 'https://git.example/app.git',
    branch: 'main',
    commit: '0123456789012345678901234567890123456789',
    changes: [],
    committedAt: '2026-01-01T00:00:00Z',
  },
};

/** A valid object of a kind as somebody writes it, with these fields of its spec set (undefined leaves one out), or other parts replaced. */
export function buildResource(kind: Kind, spec: object = {}, parts: object = {}): Record<string, unknown> {
  const object = {
    apiVersion: apiVersions[kind],
    kind,
    metadata: { name: 'app', namespace: 'default' },
    spec: { ...specs[kind], ...spec },
    ...parts,
  };
  return JSON.parse(JSON.stringify(object)) as Record<string, unknown>;
}
