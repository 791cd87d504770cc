import type { ResourceByKind } from '../../src/api/index.ts';

type Kind = keyof ResourceByKind;

const groups: Readonly<Record<Kind, string>> = {
  GitRepository: 'source.toolkit.fluxcd.io',
  Kustomization: 'kustomize.toolkit.fluxcd.io',
  ImageRepository: 'image.toolkit.fluxcd.io',
  ImagePolicy: 'image.toolkit.fluxcd.io',
  ImageUpdateAutomation: 'image.toolkit.fluxcd.io',
};

/** The smallest spec that is valid. */
const specs: Readonly<Record<Kind, object>> = {
  GitRepository: { url: 'https://git.example/app.git', interval: '1m' },
  Kustomization: { interval: '1m', prune: true, sourceRef: { kind: 'GitRepository', name: 'app' } },
  ImageRepository: { image: 'registry.example/app', interval: '1m' },
  ImagePolicy: { imageRepositoryRef: { name: 'app' }, policy: { semver: { range: '1.x' } } },
  ImageUpdateAutomation: { interval: '1m', sourceRef: { name: 'app' } },
};

/** A valid object of a kind as somebody writes it, with these fields of its spec set (undefined leaves one out), or other parts replaced. */
export function buildResource(kind: Kind, spec: object = {}, parts: object = {}): Record<string, unknown> {
  const object = {
    apiVersion: `${groups[kind]}/v1`,
    kind,
    metadata: { name: 'app', namespace: 'default' },
    spec: { ...specs[kind], ...spec },
    ...parts,
  };
  return JSON.parse(JSON.stringify(object)) as Record<string, unknown>;
}
