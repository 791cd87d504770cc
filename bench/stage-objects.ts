import type { KubeObject } from '../src/core/index.ts';

export const namespace = 'flux-system';

export const configMap = (name: string, value: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: default\ndata:\n  value: "${value}"\n`;

/** With a marker for the policy of that name. */
export const deployment = (name: string, image = 'x:1') => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: default}
spec:
  replicas: 1
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      containers:
        - name: app
          image: ${image} # {"$imagepolicy": "${namespace}:${name}"}
`;

export function sourceOf(url: string, spec: Readonly<Record<string, unknown>> = {}): KubeObject {
  return objectOf('source.toolkit.fluxcd.io/v1', 'GitRepository', 'repo', {
    ...{ url, interval: '1h', ref: { branch: 'main' } },
    ...spec,
  });
}

/** A Kustomization on the source of the stage, at the folder of its name. */
export function kustomizationOf(name: string, spec: Readonly<Record<string, unknown>> = {}): KubeObject {
  return objectOf('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', name, {
    ...{ interval: '1h', path: `./${name}`, prune: true, sourceRef: { kind: 'GitRepository', name: 'repo' } },
    ...spec,
  });
}

/** A repository to scan and a policy that takes its newest 1.x. */
export function imageOf(host: string, name: string, interval = '1h'): KubeObject[] {
  const group = 'image.toolkit.fluxcd.io/v1';
  return [
    objectOf(group, 'ImageRepository', name, { image: `${host}/${name}`, interval, insecure: true }),
    objectOf(group, 'ImagePolicy', name, { imageRepositoryRef: { name }, policy: { semver: { range: '1.x' } } }),
  ];
}

export function automationOf(name: string, path: string, interval = '1h'): KubeObject {
  return objectOf('image.toolkit.fluxcd.io/v1', 'ImageUpdateAutomation', name, {
    interval,
    sourceRef: { kind: 'GitRepository', name: 'repo' },
    git: { commit: { author: { name: 'bot', email: 'bot@example.com' } }, push: { branch: 'main' } },
    update: { path, strategy: 'Setters' },
  });
}

/** Receivers that anybody may call who knows their paths: `registry` tells of the image, `git` of the source of the stage. */
export function receiversOf(image: string): KubeObject[] {
  const tells = (name: string, apiVersion: string, kind: string, of: string) =>
    objectOf('notification.toolkit.fluxcd.io/v1', 'Receiver', name, {
      ...{ type: 'generic', secretRef: { name: 'webhook' } },
      resources: [{ apiVersion, kind, name: of }],
    });
  return [
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'webhook', namespace }, stringData: { token: 'bench' } },
    tells('registry', 'image.toolkit.fluxcd.io/v1', 'ImageRepository', image),
    tells('git', 'source.toolkit.fluxcd.io/v1', 'GitRepository', 'repo'),
  ];
}

function objectOf(apiVersion: string, kind: string, name: string, spec: Readonly<Record<string, unknown>>): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace }, spec };
}
