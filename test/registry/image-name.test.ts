import { describe, expect, test } from 'vitest';
import { canonicalName, isLocalRegistry, parseImageName } from '../../src/registry/index.ts';

describe('an image name', () => {
  test.for([
    { image: 'alpine', canonical: 'index.docker.io/library/alpine' },
    { image: 'fluxcd/flux', canonical: 'index.docker.io/fluxcd/flux' },
    { image: 'docker.io/alpine', canonical: 'index.docker.io/library/alpine' },
    { image: 'index.docker.io/alpine', canonical: 'index.docker.io/library/alpine' },
    { image: 'docker.io/fluxcd/flux', canonical: 'index.docker.io/fluxcd/flux' },
    { image: 'ghcr.io/acme/team/web', canonical: 'ghcr.io/acme/team/web' },
    { image: 'ghcr.io/web', canonical: 'ghcr.io/web' },
    { image: 'registry:5000/web', canonical: 'registry:5000/web' },
    { image: 'localhost/web', canonical: 'index.docker.io/localhost/web' },
    { image: 'localhost:5000/web', canonical: 'localhost:5000/web' },
    { image: '[::1]:5000/web', canonical: '[::1]:5000/web' },
    { image: 'acme/we_b-2.x', canonical: 'index.docker.io/acme/we_b-2.x' },
  ])('$image is $canonical', ({ image, canonical }) => {
    expect(canonicalName(parseImageName(image))).toBe(canonical);
  });

  test.for([
    {
      image: 'https://ghcr.io/acme/web',
      says: "image 'https://ghcr.io/acme/web' should not include URL scheme; remove 'https://'",
    },
    { image: 'oci://ghcr.io/acme/web', says: "image 'oci://ghcr.io/acme/web' should not include URL scheme; remove 'oci://'" },
    { image: 'ghcr.io/acme/web:1.0', says: "image 'ghcr.io/acme/web:1.0' should not include a tag; remove ':1.0'" },
    { image: 'alpine:3', says: "image 'alpine:3' should not include a tag; remove ':3'" },
    { image: 'registry:5000/web:v1', says: "image 'registry:5000/web:v1' should not include a tag; remove ':v1'" },
    { image: 'alpine@sha256:abc', says: "image 'alpine@sha256:abc' should not include a digest; remove '@sha256:abc'" },
    { image: 'alpine:', says: 'could not parse reference: alpine:' },
    { image: 'Acme/Web', says: 'could not parse reference: Acme/Web' },
    { image: '', says: 'could not parse reference: ' },
    { image: 'a', says: 'could not parse reference: a' },
    { image: 'ghcr.io/', says: 'could not parse reference: ghcr.io/' },
    { image: 'ghcr.io/acme/../other', says: 'could not parse reference: ghcr.io/acme/../other' },
    { image: 'user@ghcr.io/acme/web', says: 'could not parse reference: user@ghcr.io/acme/web' },
    { image: 'ghcr.io:99999/acme/web', says: 'could not parse reference: ghcr.io:99999/acme/web' },
    { image: 'acme/w eb', says: 'could not parse reference: acme/w eb' },
    { image: `acme/${'w'.repeat(256)}`, says: `could not parse reference: acme/${'w'.repeat(256)}` },
    { image: 'acme/web\u001b[31m', says: 'could not parse reference: acme/web\u{FFFD}[31m' },
  ])('$image is refused for good', ({ image, says }) => {
    expect(catchError(() => parseImageName(image))).toMatchObject({
      code: 'INVALID_NAME',
      reason: 'ImageURLInvalid',
      retry: 'never',
      message: says,
    });
  });
});

test.for([
  { registry: 'localhost:5000', isLocal: true },
  { registry: 'registry.local', isLocal: true },
  { registry: 'registry.localhost:80', isLocal: true },
  { registry: '127.0.0.1:5000', isLocal: true },
  { registry: '[::1]:5000', isLocal: true },
  { registry: '10.1.2.3', isLocal: true },
  { registry: '172.31.0.1:5000', isLocal: true },
  { registry: '192.168.1.1', isLocal: true },
  { registry: '172.32.0.1', isLocal: false },
  { registry: '8.8.8.8', isLocal: false },
  { registry: '10.example.com', isLocal: false },
  { registry: 'local.example.com', isLocal: false },
  { registry: 'index.docker.io', isLocal: false },
])('$registry is asked by plain HTTP unasked: $isLocal', ({ registry, isLocal }) => {
  expect(isLocalRegistry(registry)).toBe(isLocal);
});

function catchError(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
