import { describe, expect, test } from 'vitest';
import {
  allFixtureKeys,
  decryptionWith,
  type Fixture,
  fixtureKeys,
  fixtureNames,
  readFixture,
  signal,
  tamper,
} from './test-keys.ts';

const decrypt = async ({ encrypted, format }: Fixture, entries = allFixtureKeys) =>
  (await decryptionWith(entries)).open(signal).file(encrypted, format);

const failure = (task: Promise<unknown>) =>
  task.then(
    () => 'decrypted',
    (error: Error & { code?: string }) => `${error.code}: ${error.message}`,
  );

describe('what sops encrypted comes out as sops -d prints it, byte by byte', () => {
  test.for(fixtureNames)('%s', async (name) => {
    const fixture = readFixture(name);
    expect((await decrypt(fixture)).toString('utf8')).toBe(fixture.plain.toString('utf8'));
    expect(await decrypt(fixture)).toEqual(fixture.plain);
  });
});

describe('keys', () => {
  test.for([
    { because: 'two parts of three are enough', name: 'shamir-two-of-three', keys: ['age.agekey', 'rsa.asc'] },
    { because: 'any two', name: 'shamir-two-of-three', keys: ['post-quantum.agekey', 'rsa.asc'] },
    { because: 'each kind opens its own', name: 'pgp-elliptic', keys: ['elliptic.asc'] },
    { because: 'the hybrid is a kind of age', name: 'age-post-quantum', keys: ['post-quantum.agekey'] },
  ])('$because: $name', async ({ name, keys }) => {
    const fixture = readFixture(name);
    expect(await decrypt(fixture, fixtureKeys(...keys))).toEqual(fixture.plain);
  });

  test.for([
    {
      because: 'one part of three is not enough',
      name: 'shamir-two-of-three',
      keys: ['age.agekey'],
      says: /^KEY_MISSING: cannot get sops data key: keys of 2 of its 3 groups are needed, and those of 1 are at hand \(.*age1pq.*pgp [0-9A-F]{40}/,
    },
    {
      because: 'an identity of somebody else opens nothing',
      name: 'json',
      keys: ['post-quantum.agekey'],
      says: /^KEY_MISSING: cannot get sops data key: no key that is at hand opens it \(age age1\w+: no identity matched.*\); put the identity of that recipient .*\.agekey$/,
    },
    {
      because: 'without a key it is said which is missing',
      name: 'pgp-rsa',
      keys: [],
      says: /^KEY_MISSING: .*pgp [0-9A-F]{40}: there is no PGP key at hand\); put that private key.*\.asc$/,
    },
    {
      because: 'another PGP key does not open it',
      name: 'pgp-rsa',
      keys: ['elliptic.asc'],
      says: /^KEY_MISSING: .*pgp [0-9A-F]{40}: /,
    },
  ])('$because', async ({ name, keys, says }) => {
    expect(await failure(decrypt(readFixture(name), fixtureKeys(...keys)))).toMatch(says);
  });
});

describe('what was changed without sops is refused', () => {
  const value = /ENC\[AES256_GCM,data:[^\]]+type:str\]/;
  test.for<{ because: string; name: string; change: (text: string) => string; says: RegExp }>([
    {
      because: 'an unencrypted value',
      name: 'yaml-secret',
      change: (text) => text.replace('name: database', 'name: other'),
      says: /DECRYPTION_FAILED: .*MAC mismatch: it was changed after sops encrypted it; look at what changed/,
    },
    {
      because: 'an added value',
      name: 'yaml-secret',
      change: (text) => text.replace('type: Opaque', 'type: Opaque\nadded: x'),
      says: /MAC mismatch/,
    },
    {
      because: 'the order of keys',
      name: 'yaml-secret',
      change: (text) => text.replace(/(apiVersion: v1)\n(kind: Secret)/, '$2\n$1'),
      says: /MAC mismatch/,
    },
    {
      because: 'the time of the change',
      name: 'json',
      change: (text) => text.replace(/"lastmodified": "20\d\d/, '"lastmodified": "1999'),
      says: /MAC mismatch/,
    },
    {
      because: 'the MAC itself',
      name: 'dotenv',
      change: (text) => text.replace(/sops_mac=ENC\[AES256_GCM,data:.{4}/, 'sops_mac=ENC[AES256_GCM,data:AAAA'),
      says: /MAC mismatch/,
    },
    {
      because: 'a value without its encryption',
      name: 'yaml-with-encrypted-suffix',
      change: (text) => text.replace(value, 'plain'),
      says: /the value at "a_secret" cannot be decrypted: it is not encrypted, or not in the form of sops/,
    },
    {
      because: 'a value from another key',
      name: 'yaml-with-encrypted-suffix',
      change: (text) => {
        const [first = '', second = ''] = [...text.matchAll(new RegExp(value, 'g'))].map(([found]) => found);
        return text.replace(first, '#').replace(second, first).replace('#', second);
      },
      says: /the value at "a_secret" cannot be decrypted: it was changed, moved to another key/,
    },
    {
      because: 'a value that was deleted',
      name: 'yaml-with-mac-over-encrypted-only',
      change: (text) => text.replace(/ {4}password: .*\n/, ''),
      says: /MAC mismatch/,
    },
    {
      because: 'a value in INI',
      name: 'ini',
      change: (text) => text.replace(value, 'ENC[AES256_GCM,data:YQ==,iv:YQ==,tag:YQ==,type:str]'),
      says: /cannot be decrypted: its tag or its iv/,
    },
    {
      because: 'its keys',
      name: 'json',
      change: (text) => text.replace(/"age": \[[\s\S]*?\],/, '"age": [],'),
      says: /sops metadata: there are no keys in it/,
    },
  ])('$because', async ({ name, change, says }) => {
    const fixture = readFixture(name);
    expect(await failure(decrypt({ ...fixture, encrypted: tamper(fixture, change) }))).toMatch(says);
  });

  test('a value outside of the MAC may change', async () => {
    const fixture = readFixture('yaml-with-mac-over-encrypted-only');
    const encrypted = tamper(fixture, (text) => text.replace('name: database', 'name: other'));
    expect((await decrypt({ ...fixture, encrypted })).toString()).toBe(fixture.plain.toString().replace('database', 'other'));
  });

  test('no refusal quotes a value', async () => {
    const fixture = readFixture('yaml-secret');
    const encrypted = tamper(fixture, (text) => text.replace('name: database', 'name: other'));
    expect(await failure(decrypt({ ...fixture, encrypted }))).not.toMatch(/correct horse|YmF0dGVyeSBzdGFwbGU/);
  });
});
