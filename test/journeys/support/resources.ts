import type { KubeObject } from '../../../src/core/index.ts';
import { applyMergePatch } from '../../../src/engine/index.ts';

/** A merge patch (RFC 7396) on a valid default: what a test wants otherwise. */
export type Difference = Readonly<Record<string, unknown>>;

const hour = '1h';

function build(defaults: KubeObject, difference: Difference): KubeObject {
  return applyMergePatch(defaults, difference) as KubeObject;
}

function meta(name: string): KubeObject['metadata'] {
  return { name, namespace: 'default' };
}

export function gitRepository(url: string, difference: Difference = {}, name = 'fleet'): KubeObject {
  const spec = { interval: hour, url, ref: { branch: 'main' } };
  return build({ apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', metadata: meta(name), spec }, difference);
}

/** `image` is its name too, after the last slash. */
export function imageRepository(image: string, difference: Difference = {}): KubeObject {
  const spec = { interval: hour, timeout: '10s', image, insecure: true };
  const name = image.slice(image.lastIndexOf('/') + 1);
  return build({ apiVersion: 'image.toolkit.fluxcd.io/v1', kind: 'ImageRepository', metadata: meta(name), spec }, difference);
}

/** Any 1.x of the ImageRepository of the same name. */
export function imagePolicy(name: string, difference: Difference = {}): KubeObject {
  const spec = { imageRepositoryRef: { name }, policy: { semver: { range: '1.x' } } };
  return build({ apiVersion: 'image.toolkit.fluxcd.io/v1', kind: 'ImagePolicy', metadata: meta(name), spec }, difference);
}

export function imageUpdateAutomation(difference: Difference = {}, name = 'fleet'): KubeObject {
  const spec = {
    interval: hour,
    sourceRef: { kind: 'GitRepository', name: 'fleet' },
    git: { commit: { author: { name: 'Bot', email: 'bot@example.com' } } },
    update: { strategy: 'Setters', path: './apps' },
  };
  const metadata = meta(name);
  return build({ apiVersion: 'image.toolkit.fluxcd.io/v1', kind: 'ImageUpdateAutomation', metadata, spec }, difference);
}

/** `data` as plain text. */
export function secret(name: string, stringData: Readonly<Record<string, string>>): KubeObject {
  const data = Object.fromEntries(Object.entries(stringData).map(([key, text]) => [key, Buffer.from(text).toString('base64')]));
  return { apiVersion: 'v1', kind: 'Secret', metadata: meta(name), type: 'Opaque', data };
}

/** A manifest whose image is handed to the policy of the same name. */
export function manifest(name: string, image: string, policy = name): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  template:
    spec:
      containers:
        - name: ${name}
          image: ${image} # {"$imagepolicy": "default:${policy}"}
`;
}

/** Asks for a run as `flux reconcile` does. */
export function requestedAtPatch(token: string): Difference {
  return { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': token } } };
}

/** Applies a folder of the repository, and is asked again soon while something fails. */
export function kustomization(path: string, difference: Difference = {}, name = 'apps'): KubeObject {
  const sourceRef = { kind: 'GitRepository', name: 'fleet' };
  const spec = { interval: hour, retryInterval: '1s', prune: true, path, sourceRef };
  const apiVersion = 'kustomize.toolkit.fluxcd.io/v1';
  return build({ apiVersion, kind: 'Kustomization', metadata: meta(name), spec }, difference);
}

export function updateGuard(spec: Difference, name = 'guard'): KubeObject {
  return { apiVersion: 'tagalong.dev/v1alpha1', kind: 'UpdateGuard', metadata: meta(name), spec };
}

/** A whole Deployment whose image is handed to the policy of the same name. */
export function deployment(
  name: string,
  image: string,
  { policy = name, replicas = 1, namespace = 'default', deadline = 600 } = {},
): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  replicas: ${replicas}
  progressDeadlineSeconds: ${deadline}
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
    spec:
      containers:
        - name: ${name}
          image: ${image} # {"$imagepolicy": "default:${policy}"}
`;
}
