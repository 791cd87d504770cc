import { expect, test } from 'vitest';
import { imageHints } from '../../src/receive/index.ts';

test.for<[string, unknown, string[]]>([
  [
    'Docker Hub',
    { push_data: { tag: '1.2.3' }, repository: { repo_name: 'acme/web', repo_url: 'https://hub.docker.com/r/acme/web' } },
    ['docker.io/acme/web'],
  ],
  ['Quay', { docker_url: 'quay.io/acme/web', updated_tags: ['1.2.3'] }, ['quay.io/acme/web']],
  [
    'Azure',
    { action: 'push', target: { repository: 'acme/web', tag: '1' }, request: { host: 'acme.azurecr.io' } },
    ['acme.azurecr.io/acme/web'],
  ],
  [
    'Google',
    { action: 'INSERT', digest: 'europe-docker.pkg.dev/p/r/web@sha256:00', tag: 'europe-docker.pkg.dev/p/r/web:1.2.3' },
    ['europe-docker.pkg.dev/p/r/web'],
  ],
  [
    'Harbor, with a port',
    { type: 'PUSH_ARTIFACT', event_data: { resources: [{ tag: '1', resource_url: 'harbor.example.com:8443/acme/web:1' }] } },
    ['harbor.example.com:8443/acme/web'],
  ],
  [
    'GitHub',
    { action: 'published', registry_package: { package_version: { package_url: 'ghcr.io/acme/web:1.2.3' } } },
    ['ghcr.io/acme/web'],
  ],
  [
    'ECR through EventBridge',
    {
      source: 'aws.ecr',
      account: '123456789012',
      region: 'eu-central-1',
      detail: { 'repository-name': 'acme/web', 'image-tag': '1' },
    },
    ['123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/web'],
  ],
  ['CDEvents', { subject: { id: 'pkg:oci/web@sha256%3A00?repository_url=ghcr.io/acme/web&tag=1' } }, ['ghcr.io/acme/web']],
  ['a payload without an image', { ref: 'refs/heads/main' }, []],
  [
    'names that are no images',
    { docker_url: 'quay.io/../../etc', event_data: { resources: [{ resource_url: '\u001b[31m/x' }] } },
    [],
  ],
  ['things that are no objects', [1, 2], []],
  ['a forged prototype', JSON.parse('{"__proto__": {"docker_url": "quay.io/acme/web"}}'), []],
])('%s', ([, payload, images]) => {
  expect(imageHints(payload)).toEqual(images);
});
