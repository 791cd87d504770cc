import { describe, expect, test } from 'vitest';
import { chooseRegistryCredentials, type SecretObject } from '../../src/auth/index.ts';
import { parseImageName } from '../../src/registry/index.ts';
import { authOf, pullSecret, secretOf } from './secrets.ts';

test.for([
  { because: 'the host is the same', key: 'ghcr.io', image: 'ghcr.io/acme/web', matches: true },
  { because: 'the scheme does not count', key: 'https://ghcr.io', image: 'ghcr.io/acme/web', matches: true },
  { because: '/v1/ does not count', key: 'https://index.docker.io/v1/', image: 'alpine', matches: true },
  { because: '/v2/ does not count', key: 'https://ghcr.io/v2/', image: 'ghcr.io/acme/web', matches: true },
  { because: '/v2/ before a path does not count', key: 'ghcr.io/v2/acme', image: 'ghcr.io/acme/web', matches: true },
  { because: 'docker.io is Docker Hub', key: 'docker.io', image: 'acme/web', matches: true },
  { because: 'the path is a prefix', key: 'ghcr.io/acme', image: 'ghcr.io/acme/web', matches: true },
  { because: 'a trailing slash does not count', key: 'ghcr.io/acme/', image: 'ghcr.io/acme/web', matches: true },
  { because: 'a star is a label', key: '*.example.com', image: 'eu.example.com/web', matches: true },
  { because: 'a star may be a part of a label', key: 'reg*.example.com', image: 'registry.example.com/web', matches: true },
  { because: 'a question mark is one character', key: 'r?.example.com', image: 'r1.example.com/web', matches: true },
  { because: 'a class is one of its characters', key: 'r[0-3].example.com', image: 'r2.example.com/web', matches: true },
  { because: 'the port is the same', key: 'localhost:5000', image: 'localhost:5000/web', matches: true },
  { because: 'another host', key: 'ghcr.io', image: 'quay.io/acme/web', matches: false },
  { because: 'another port', key: 'localhost:5000', image: 'localhost:5001/web', matches: false },
  { because: 'no port', key: 'registry.example', image: 'registry.example:5000/web', matches: false },
  { because: 'another path', key: 'ghcr.io/acme', image: 'ghcr.io/other/web', matches: false },
  { because: 'a star is not two labels', key: '*.com', image: 'eu.example.com/web', matches: false },
  { because: 'a star is not nothing', key: '*.example.com', image: 'example.com/web', matches: false },
  { because: 'a class of others', key: 'r[0-3].example.com', image: 'r7.example.com/web', matches: false },
  { because: 'the end of a host is not the host', key: 'hcr.io', image: 'ghcr.io/web', matches: false },
])('$key for $image: $because, so it opens it: $matches', ({ key, image, matches }) => {
  const chosen = chooseRegistryCredentials([pullSecret({ [key]: { auth: authOf('robot') } })], parseImageName(image));
  expect(chosen.kind).toBe(matches ? 'basic' : 'anonymous');
});

test.for([
  {
    because: 'the longer path',
    auths: { 'ghcr.io': 'host', 'ghcr.io/acme/web': 'image', 'ghcr.io/acme': 'team' },
    picks: 'image',
  },
  { because: 'the host before a star', auths: { '*.io': 'star', 'ghcr.io': 'host' }, picks: 'host' },
])('of several keys $because wins', ({ auths, picks }) => {
  const entries = Object.fromEntries(Object.entries(auths).map(([key, username]) => [key, { auth: authOf(username) }]));
  expect(chooseRegistryCredentials([pullSecret(entries)], parseImageName('ghcr.io/acme/web'))).toMatchObject({ username: picks });
});

test('of equal keys the first secret wins', () => {
  const secrets = ['first', 'second'].map((username) => pullSecret({ 'ghcr.io': { auth: authOf(username) } }));
  expect(chooseRegistryCredentials(secrets, parseImageName('ghcr.io/acme/web'))).toMatchObject({ username: 'first' });
});

describe('an entry', () => {
  test.for([
    { entry: { auth: authOf('robot', 'pass:word') }, shows: ['basic', 'robot', 'pass:word'] },
    { entry: { username: 'robot', password: 'word' }, shows: ['basic', 'robot', 'word'] },
    { entry: { username: 'x', password: 'y', auth: authOf('robot', 'word') }, shows: ['basic', 'robot', 'word'] },
    { entry: { auth: authOf('robot', 'x'), identitytoken: 'refresh' }, shows: ['identity', undefined, 'refresh'] },
    { entry: { registrytoken: 'direct' }, shows: ['bearer', undefined, 'direct'] },
    { entry: {}, shows: ['anonymous', undefined, undefined] },
  ])('$entry is $shows', ({ entry, shows }) => {
    const chosen = chooseRegistryCredentials([pullSecret({ 'ghcr.io': entry })], parseImageName('ghcr.io/acme/web'));
    expect(revealed(chosen)).toEqual(shows);
  });

  test('of the older format is read as well', () => {
    const secret = secretOf(
      { '.dockercfg': JSON.stringify({ 'ghcr.io': { auth: authOf('robot') } }) },
      'kubernetes.io/dockercfg',
    );
    expect(chooseRegistryCredentials([secret], parseImageName('ghcr.io/acme/web'))).toMatchObject({ username: 'robot' });
  });

  test('of another type of secret counts for nothing', () => {
    const secret = secretOf({ '.dockerconfigjson': 'not even JSON', username: 'x', password: 'y' }, 'Opaque');
    expect(chooseRegistryCredentials([secret], parseImageName('ghcr.io/acme/web'))).toEqual({ kind: 'anonymous' });
  });
});

test.for([
  {
    because: 'broken JSON',
    text: '{"auths": {"ghcr.io": {"password": "hunter2"',
    says: "key '.dockerconfigjson' is not valid JSON",
  },
  { because: 'a list', text: '[]', says: "key '.dockerconfigjson' is not a JSON object" },
  { because: 'no text', text: '', says: "key '.dockerconfigjson' is missing" },
  { because: 'auths that are a list', text: '{"auths":["hunter2"]}', says: "'auths' is not an object" },
  {
    because: 'an entry that is a text',
    text: '{"auths":{"ghcr.io":"hunter2"}}',
    says: "the entry for 'ghcr.io' is not an object",
  },
  {
    because: 'an auth that is not base64',
    text: '{"auths":{"ghcr.io":{"auth":"hunter2!"}}}',
    says: "'auth' is not valid base64",
  },
  {
    because: 'an auth without a colon',
    text: '{"auths":{"ghcr.io":{"auth":"aHVudGVyMg=="}}}',
    says: "'auth' is not the base64 of 'username:password'",
  },
])('a pull secret with $because is an error that names the secret and shows nothing of it', ({ text, says }) => {
  const secret: SecretObject = secretOf({ '.dockerconfigjson': text }, 'kubernetes.io/dockerconfigjson');
  expect(() => chooseRegistryCredentials([secret], parseImageName('alpine'))).toThrow(
    expect.objectContaining({
      code: 'INVALID_SECRET',
      message: expect.stringMatching(/^secret 'default\/login', key(?!.*hunter2)/),
    }),
  );
  expect(() => chooseRegistryCredentials([secret], parseImageName('alpine'))).toThrow(says);
});

function revealed(credentials: ReturnType<typeof chooseRegistryCredentials>) {
  switch (credentials.kind) {
    case 'basic':
      return [credentials.kind, credentials.username, credentials.password.reveal()];
    case 'bearer':
    case 'identity':
      return [credentials.kind, undefined, credentials.token.reveal()];
    default:
      return [credentials.kind, undefined, undefined];
  }
}
