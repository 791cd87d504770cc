import { describe, expect, test } from 'vitest';
import { readAgeKeys, readDecryptionKeys } from '../../src/decrypt/index.ts';
import { allFixtureKeys, fixtureKeys, secretOf } from './test-keys.ts';

const failure = (entries: Record<string, string>) =>
  readDecryptionKeys(secretOf(entries)).then(
    () => 'read',
    (error: Error & { code?: string }) => `${error.code}: ${error.message}`,
  );

const identity = allFixtureKeys['age.agekey']?.split('\n')[1] ?? '';

describe('the entries that Flux knows', () => {
  test('are read by the end of their names; others are passed over', async () => {
    const keys = await readDecryptionKeys(
      secretOf({
        ...allFixtureKeys,
        'second.agekey': `# created: today\r\n\r\n${identity}\r\n`,
        'sops.vault-token': ' token\n',
        'sops.aws-kms': 'aws_access_key_id: id\naws_secret_access_key: key\naws_session_token: session\n',
        'sops.azure-kv': 'tenantId: t\nclientId: c\nclientSecret: s\n',
        'sops.gcp-kms': '{"type": "service_account", "client_email": "a@example.com"}\n',
        'note.txt': 'nothing',
        'other.vault-token': 'nothing',
      }),
    );
    expect(keys.ageIdentities).toHaveLength(3);
    expect(keys.pgpKeys).toHaveLength(2);
    expect(keys.vaultToken?.reveal()).toBe('token');
    expect(keys.aws).toEqual({ accessKeyId: 'id', secretAccessKey: 'key', sessionToken: 'session' });
    expect(keys.azure).toEqual({ by: 'secret', tenantId: 't', clientId: 'c', clientSecret: 's' });
    expect(keys.google).toMatchObject({ type: 'service_account' });
  });

  test.for<{ because: string; text: string; by: string; encoding?: 'utf16le' }>([
    { because: 'what az prints', text: 'appId: a\ntenant: t\npassword: p\n', by: 'secret' },
    {
      because: 'a certificate',
      text: 'tenantId: t\nclientId: c\nclientCertificate: PEM\nauthorityHost: https://login.example\n',
      by: 'certificate',
    },
    { because: 'a managed identity', text: 'clientId: c\n', by: 'managed identity' },
    {
      because: 'UTF-16, as PowerShell writes it',
      text: '\uFEFFclientId: c\n',
      by: 'managed identity',
      encoding: 'utf16le',
    },
  ])('Azure: $because', async ({ text, by, encoding }) => {
    const data = { 'sops.azure-kv': Buffer.from(text, encoding ?? 'utf8').toString('base64') };
    expect((await readDecryptionKeys({ metadata: { name: 'k' }, data })).azure?.by).toBe(by);
  });

  test('of the Secret of the controller only age identities count', async () => {
    const keys = await readAgeKeys(secretOf({ ...allFixtureKeys, 'sops.vault-token': 'token' }));
    expect(keys).toMatchObject({ ageIdentities: [expect.anything(), expect.anything()], pgpKeys: [] });
    expect(keys.vaultToken).toBeUndefined();
  });
});

describe('what cannot be used is refused by the name of its entry, and its content is not told', () => {
  const pgp = fixtureKeys('rsa.asc')['rsa.asc'] ?? '';
  test.for<{ because: string; entries: Record<string, string>; says: RegExp }>([
    {
      because: 'a typing mistake',
      entries: { 'a.agekey': identity.replace(/.$/, (last) => (last === 'Q' ? 'P' : 'Q')) },
      says: /'a.agekey' data from sops decryption Secret 'default\/keys', identity 1: its checksum is wrong/,
    },
    { because: 'an age recipient', entries: { 'a.agekey': 'age1qqq' }, says: /'a.agekey'.*identity 1: it is no age identity/ },
    { because: 'a plugin', entries: { 'a.agekey': 'AGE-PLUGIN-YUBIKEY-1QQQ' }, says: /'a.agekey'.*no plugins are run here/ },
    { because: 'a PGP key cut short', entries: { 'b.asc': pgp.slice(0, 400) }, says: /'b.asc'.*no PGP PRIVATE KEY BLOCK/ },
    {
      because: 'a damaged PGP key',
      entries: { 'b.asc': pgp.replace(/\n\n.{8}/, '\n\nAAAAAAAA') },
      says: /'b.asc'.*it cannot be read/,
    },
    {
      because: 'AWS without a key',
      entries: { 'sops.aws-kms': 'aws_access_key_id: hidden-id\n' },
      says: /'sops.aws-kms'.*aws_secret_access_key/,
    },
    { because: 'no YAML', entries: { 'sops.aws-kms': 'hidden-text: [' }, says: /'sops.aws-kms'.*it is no YAML or JSON mapping/ },
    {
      because: 'Azure with nothing',
      entries: { 'sops.azure-kv': 'tenantId: hidden-id\n' },
      says: /'sops.azure-kv'.*it needs 'clientId'/,
    },
    {
      because: 'Google credentials that run a program',
      entries: {
        'sops.gcp-kms': '{"type": "external_account", "credential_source": {"executable": {"command": "/bin/hidden-command"}}}',
      },
      says: /'sops.gcp-kms'.*neither service_account nor authorized_user/,
    },
  ])('$because', async ({ entries, says }) => {
    const message = await failure(entries);
    expect(message).toMatch(/^KEY_INVALID: failed to import /);
    expect(message).toMatch(says);
    expect(message).not.toContain('hidden');
    expect(message).not.toContain(identity.slice(20, 40));
  });
});
