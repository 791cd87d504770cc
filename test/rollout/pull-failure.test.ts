import { expect, test } from 'vitest';
import { judgePullFailure } from '../../src/rollout/pull-failure.ts';

const image = 'registry.example.com/shop/web:1.429.0';

test.for([
  // containerd and CRI-O, with and without the back-off's prefix, and the words of docker.
  [
    'missing',
    `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`,
  ],
  [
    'missing',
    `Back-off pulling image "${image}": ErrImagePull: rpc error: code = NotFound desc = failed to resolve reference "${image}": ${image}: not found`,
  ],
  ['missing', `rpc error: code = Unknown desc = reading manifest 1.429.0 in registry.example.com/shop/web: manifest unknown`],
  ['missing', `Error response from daemon: manifest for ${image} not found: manifest unknown: manifest unknown`],
  [
    'says nothing',
    `failed to resolve reference "${image}": unexpected status from HEAD request to https://registry.example.com/v2/shop/web/manifests/1.429.0: 429 Too Many Requests`,
  ],
  ['says nothing', `Error response from daemon: toomanyrequests: You have reached your pull rate limit`],
  [
    'says nothing',
    `failed to resolve reference "${image}": failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized`,
  ],
  [
    'says nothing',
    `pull access denied for shop/web, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
  ],
  ['says nothing', `repository registry.example.com/shop/web not found: does not exist or no pull access`],
  ['says nothing', `failed to do request: Head "https://registry.example.com/v2/": dial tcp 10.0.0.1:443: i/o timeout`],
  [
    'says nothing',
    `failed to do request: Head "https://registry.example.com/v2/": dial tcp: lookup registry.example.com: no such host`,
  ],
  ['says nothing', `lookup registry.example.com on 10.96.0.10:53: server misbehaving, host not found`],
  ['says nothing', `unexpected status from HEAD request: 503 Service Unavailable`],
  ['says nothing', `x509: certificate signed by unknown authority`],
  ['says nothing', `write /var/lib/containerd: no space left on device`],
  ['says nothing', `Back-off pulling image "${image}"`],
  ['says nothing', ''],
] as const)('%s: %s', ([judgement, message]) => {
  expect(judgePullFailure(message, image)).toBe(judgement);
});

test.for(['registry.example.com/not-found/web:1', 'registry.example.com/web:not-found', 'registry.example.com/web:503'])(
  'the name %s is no word about it',
  (name) => {
    expect(judgePullFailure(`Back-off pulling image "${name}"`, name)).toBe('says nothing');
    expect(judgePullFailure(`failed to resolve reference "${name}": ${name}: not found`, name)).toBe('missing');
  },
);
