import { describe, expect, test } from 'vitest';
import { findPlaintextSecrets } from '../../src/sops/index.ts';
import { readFixture } from '../decrypt/test-keys.ts';

const find = (files: Record<string, string>) =>
  findPlaintextSecrets(Object.entries(files).map(([path, text]) => ({ path, text }))).map(
    ({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`,
  );
const secret = (body: string) => `apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n${body}`;
// Put together here, so that no scanner takes this file for a leak.
const join = (...parts: readonly string[]) => parts.join('');
const privateKey = join('-----BEGIN RSA ', 'PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----');

describe('what is a secret in plain text', () => {
  test.for<{ because: string; files: Record<string, string>; says: RegExp[] }>([
    {
      because: 'a Secret with data',
      files: { 'a.yaml': secret('data:\n  password: aHVudGVy\n  user: YWRtaW4=\n') },
      says: [/^a\.yaml:6:3: Secret "db" is in plain text \(data\.password, data\.user\); encrypt it with sops/],
    },
    {
      because: 'with stringData',
      files: { 'a.yml': secret('stringData: {token: abc}\n') },
      says: [/^a\.yml:5:14: .*stringData\.token/],
    },
    {
      because: 'in JSON',
      files: { 'a.json': '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}, "data": {"a": "YQ=="}}' },
      says: [/^a\.json:1:/],
    },
    {
      because: 'in a List',
      files: {
        'a.yaml':
          'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: db}\n  data: {a: YQ==}\n',
      },
      says: [/^a\.yaml:7:10: Secret "db"/],
    },
    {
      because: 'beside other documents',
      files: { 'a.yaml': `a: b\n---\n${secret('data: {a: YQ==}\n')}` },
      says: [/^a\.yaml:7:8:/],
    },
    {
      because: 'a literal of a secret generator',
      files: {
        'app/kustomization.yaml': 'secretGenerator:\n- name: s\n  literals:\n  - password=hidden\n  - user=$' + '{USER}\n',
      },
      says: [/^app\/kustomization\.yaml:4:5: a secret generator has the literal "password"/],
    },
    {
      because: 'inputs of a secret generator',
      files: {
        'app/kustomization.yaml':
          'secretGenerator:\n- name: s\n  files: [key=../shared/plain.txt, encrypted.env]\n  envs: [plain.env]\n',
        'shared/plain.txt': 'hidden',
        'app/plain.env': 'A=hidden\n',
        'app/encrypted.env': readFixture('dotenv').encrypted.toString('utf8'),
      },
      says: [/^shared\/plain\.txt:1:1: a secret generator reads this file/, /^app\/plain\.env:1:1: /],
    },
    {
      because: 'a private key in a ConfigMap',
      files: { 'a.yaml': `kind: ConfigMap\ndata:\n  key: |\n    ${privateKey.replaceAll('\n', '\n    ')}\n` },
      says: [/^a\.yaml:4:5: a private key is in plain text.*replace it/],
    },
    { because: 'a private key as a file', files: { id_rsa: privateKey }, says: [/^id_rsa:1:1: a private key/] },
    {
      because: 'an age identity',
      files: { 'age.agekey': join('AGE-SECRET-', 'KEY-1', 'Q'.repeat(58)) },
      says: [/an age identity/],
    },
    {
      because: 'a token of GitHub',
      files: { 'a.yaml': `spec:\n  env:\n  - value: ${join('gh', 'p_', 'a'.repeat(36))}\n` },
      says: [/^a\.yaml:3:12: a token of GitHub/],
    },
    {
      because: 'a password in a URL',
      files: { 'a.yaml': 'url: postgres://app:hunter22@db.example.com/app\n' },
      says: [/^a\.yaml:1:6: a password in a URL/],
    },
    {
      because: 'also in a file that does not parse',
      files: { 'a.yaml': `a: [\nkey: ${join('xox', 'b-', '1'.repeat(24))}\n` },
      says: [/^a\.yaml:2:6: a token of Slack/],
    },
  ])('$because', ({ files, says }) => {
    const found = find(files);
    expect(found).toHaveLength(says.length);
    for (const [index, pattern] of says.entries()) expect(found[index]).toMatch(pattern);
    expect(found.join()).not.toMatch(/hidden|hunter|aHVudGVy|MIIE/);
  });
});

describe('what is none', () => {
  test.for<{ because: string; files: Record<string, string> }>([
    { because: 'a Secret that sops encrypted', files: { 'a.yaml': readFixture('yaml-secret').encrypted.toString('utf8') } },
    { because: 'wholly', files: { 'a.yaml': readFixture('yaml-secret-wholly-encrypted').encrypted.toString('utf8') } },
    {
      because: 'an encrypted file in a Secret',
      files: { 'a.yaml': secret(`data:\n  a.env: ${readFixture('dotenv').encrypted.toString('base64')}\n`) },
    },
    { because: 'variables', files: { 'a.yaml': secret('stringData: {token: "$' + '{TOKEN}", empty: ""}\n') } },
    {
      because: 'public keys and certificates',
      files: {
        'a.yaml': secret(
          'stringData:\n  ca.crt: |\n    -----BEGIN CERTIFICATE-----\n    MIIE\n    -----END CERTIFICATE-----\n  identity.pub: ssh-ed25519 AAAA bot\n',
        ),
      },
    },
    { because: 'a Secret without data', files: { 'a.yaml': secret('type: kubernetes.io/service-account-token\n') } },
    {
      because: 'a sealed one',
      files: { 'a.yaml': 'apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec: {encryptedData: {a: AgB}}\n' },
    },
    {
      because: 'a URL without a password',
      files: {
        'a.yaml':
          'url: https://user@example.com/a:b@c\nimage: registry.example.com:5000/a@sha256:00\nother: https://$' +
          '{USER}:$' +
          '{PASSWORD}@example.com\n',
      },
    },
    {
      because: 'a generator without files',
      files: { 'kustomization.yaml': 'configMapGenerator:\n- name: a\n  literals: [a=b]\n' },
    },
  ])('$because', ({ files }) => {
    expect(find(files)).toEqual([]);
  });
});
