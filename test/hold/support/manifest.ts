import type { Marker, MarkerPart } from '../../../src/core/index.ts';
import { findMarkers } from '../../../src/edit/index.ts';

/** `example.com/web:1.0.0` with a marker for policy `flux-system:<policy>`. */
export interface Service {
  readonly name?: string;
  readonly policy?: string;
  readonly replicas?: number;
}

/** A Deployment whose image a policy owns. */
export function deployment(tag: string, { name = 'web', policy = name, replicas = 1 }: Service = {}): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: default
spec:
  # the number of pods
  replicas: ${replicas}
  minReadySeconds: 5
  revisionHistoryLimit: 3
  template:
    spec:
      containers:
        - name: ${name}
          image: ${image(tag, name)}${marker(policy)}
`;
}

export function image(tag: string, name = 'web'): string {
  return `example.com/${name}:${tag}`;
}

/** The comment, with the blank before it. */
export function marker(policy: string, suffix = ''): string {
  return ` # {"$imagepolicy": "flux-system:${policy}${suffix}"}`;
}

/** The one marker of a policy in a text, as edit finds it. */
export function markerIn(file: string, text: string, { policy = 'web', part = 'image' as MarkerPart, object = '' } = {}): Marker {
  const found = findMarkers(file, text).markers.filter(
    (candidate) =>
      candidate.policy.name === policy && candidate.part === part && (object === '' || candidate.object.name === object),
  );
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error(`${found.length} markers of ${policy} in ${file}`);
  return only;
}
