import { constants, type KeyObject, publicEncrypt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { armor, Decrypter } from 'age-encryption';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CloudIdentity } from '../../src/auth/index.ts';
import { createVaultLogin, type DecryptionOptions } from '../../src/decrypt/index.ts';
import { type KeyService, startAwsKms, startAzureKeyVault, startGcpKms, startVault } from '../decrypt/key-services.ts';
import { openSopsTools, type SopsTools } from '../decrypt/sops-tools.ts';
import { allFixtureKeys, decryptionWith, nobody, readFixture, signal } from '../decrypt/test-keys.ts';
import { createCertificate } from '../real/certificate.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { createTemporaryFolder } from '../real/temporary-folder.ts';

const arn = 'arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000000';
const resource = 'projects/p/locations/global/keyRings/r/cryptoKeys/k';
const text = 'a: hidden\n';

describeWithParts(['sops'], 'files that the real sops encrypted by a key service', () => {
  let tools: SopsTools;
  beforeAll(async () => {
    tools = await openSopsTools();
  });
  afterAll(() => tools?.[Symbol.asyncDispose]());

  const encrypt = (args: readonly string[]) => tools.encrypt(text, { format: 'yaml', args });
  const decrypt = async (encrypted: Buffer, entries: Record<string, string>, options: Partial<DecryptionOptions> = {}) =>
    (await (await decryptionWith(entries, options)).open(signal).file(encrypted, 'yaml')).toString('utf8');
  const failure = (task: Promise<unknown>) =>
    task.then(
      () => 'decrypted',
      (error: Error & { code?: string }) => `${error.code}: ${error.message}`,
    );

  const byVault = async (vault: KeyService) => {
    Object.assign(tools.environment, { VAULT_TOKEN: 'root-token' });
    return encrypt(['--hc-vault-transit', `${vault.url}/v1/sops/transit/keys/first`]);
  };

  test('Vault, with a token of the Secret', async () => {
    await using vault = await startVault('root-token');
    const encrypted = await byVault(vault);
    expect(await decrypt(encrypted, { 'sops.vault-token': 'root-token\n' })).toBe(text);
    expect(vault.requests.at(-1)).toBe('PUT /v1/sops/transit/decrypt/first'.replace('PUT', 'POST'));
    expect(await failure(decrypt(encrypted, { 'sops.vault-token': 'other-token' }))).toMatch(
      /KEY_MISSING: .*Vault http.* sops\/transit\/keys\/first: Vault answered 403: permission denied\)/,
    );
    expect(await failure(decrypt(encrypted, {}))).toMatch(/there is no Vault token at hand/);
  });

  test('Vault, with a login of a ServiceAccount at a server that is listed', async () => {
    await using vault = await startVault('root-token', { jwt: 'account-token', role: 'apps_decryptor' });
    const encrypted = await byVault(vault);
    const audiences: string[] = [];
    const account = {
      namespace: 'apps',
      name: 'decryptor',
      createToken: async (audience: string) => {
        audiences.push(audience);
        return 'account-token';
      },
    };
    const loginWith = (address: string) =>
      createVaultLogin({ config: `instances:\n- address: ${address}\n  loginPath: auth/kubernetes/login\n`, account, fetch });
    expect(await decrypt(encrypted, {}, { vaultLogin: loginWith(vault.url) })).toBe(text);
    expect(audiences).toEqual([vault.url]);
    const asked = vault.requests.length;
    expect(await failure(decrypt(encrypted, {}, { vaultLogin: loginWith('https://other.example') }))).toMatch(
      /no login path is configured for http/,
    );
    expect([vault.requests.length, audiences.length]).toEqual([asked, 1]);
  });

  test('AWS KMS, with keys of the Secret and with an identity', async () => {
    await using kms = await startAwsKms();
    Object.assign(tools.environment, {
      AWS_ENDPOINT_URL_KMS: kms.url,
      AWS_ACCESS_KEY_ID: 'AKID',
      AWS_SECRET_ACCESS_KEY: 'secret',
    });
    const encrypted = await encrypt(['--kms', arn, '--encryption-context', 'team:blue']);
    const endpoints = { awsKms: kms.url };
    const entries = { 'sops.aws-kms': 'aws_access_key_id: AKID\naws_secret_access_key: secret\n' };
    expect(await decrypt(encrypted, entries, { endpoints })).toBe(text);
    const identity: CloudIdentity = {
      ...nobody,
      aws: async () => async () => ({ accessKeyId: 'AKID', secretAccessKey: 'secret' }),
    };
    expect(await decrypt(encrypted, {}, { endpoints, identity })).toBe(text);
    kms.refuse();
    expect(await failure(decrypt(encrypted, entries, { endpoints }))).toMatch(
      /KEY_MISSING: .*AWS KMS arn:aws:kms:.*not authorized to perform: kms:Decrypt.*sops\.aws-kms$/,
    );
    expect(await failure(decrypt(encrypted, {}, { endpoints }))).toMatch(/there is no identity at AWS/);
  });

  test('Google Cloud KMS, with an identity', async () => {
    await using kms = await startGcpKms('access-token');
    Object.assign(tools.environment, {
      SOPS_GCP_KMS_ENDPOINT: kms.url,
      SOPS_GCP_KMS_CLIENT_TYPE: 'rest',
      GOOGLE_OAUTH_ACCESS_TOKEN: 'access-token',
    });
    const encrypted = await encrypt(['--gcp-kms', resource]);
    const options = { endpoints: { gcpKms: kms.url }, identity: { ...nobody, google: async () => 'access-token' } };
    expect(await decrypt(encrypted, {}, options)).toBe(text);
    kms.refuse();
    expect(await failure(decrypt(encrypted, {}, options))).toMatch(
      /KEY_MISSING: .*GCP KMS projects\/p\/.*Google Cloud answered 403: Permission .* denied/,
    );
  });

  test('a data key is asked for once in a build', async () => {
    await using vault = await startVault('root-token');
    const encrypted = await byVault(vault);
    const session = (await decryptionWith({ 'sops.vault-token': 'root-token' })).open(signal);
    await Promise.all([session.file(encrypted, 'yaml'), session.file(encrypted, 'yaml')]);
    expect(vault.requests.filter((request) => request.includes('/decrypt/'))).toHaveLength(1);
  });
});

describeWithParts(['openssl'], 'a file whose data key is sealed in Azure Key Vault', () => {
  // The real sops gives its token only to a domain of Azure, so the entry is put into a file that it encrypted for age.
  const sealFor = async (vault: KeyService & { readonly publicKey: KeyObject }) => {
    const text = readFixture('json').encrypted.toString('utf8');
    const { sops } = JSON.parse(text) as { sops: { age: { enc: string }[] } };
    const decrypter = new Decrypter();
    decrypter.addIdentity(allFixtureKeys['age.agekey']?.split('\n')[1] ?? '');
    const key = await decrypter.decrypt(armor.decode(sops.age[0]?.enc ?? ''));
    const sealed = publicEncrypt({ key: vault.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, key);
    const entry = {
      vault_url: vault.url,
      name: 'sops',
      version: '1',
      created_at: '2026-01-01T00:00:00Z',
      enc: sealed.toString('base64url'),
    };
    // The rest stays byte by byte: the MAC is over its order.
    return Buffer.from(text.replace(/"age": \[[\s\S]*?\],/, () => `"azure_kv": [${JSON.stringify(entry)}],`));
  };

  test('it is opened with an identity, and without the right to read the key', async () => {
    await using folder = await createTemporaryFolder('azure');
    const { certificateFile, keyFile, caPem } = await createCertificate(folder.path);
    await using vault = await startAzureKeyVault({
      key: readFileSync(keyFile, 'utf8'),
      cert: readFileSync(certificateFile, 'utf8'),
    });
    const before = getCACertificates('default');
    setDefaultCACertificates([...before, caPem]);
    const token = { token: 'entra-token', expiresOnTimestamp: Date.now() + 3_600_000 };
    const identity: CloudIdentity = { ...nobody, azure: async () => ({ getToken: async () => token }) };
    const decryption = await decryptionWith({}, { identity, endpoints: { checkAzureDomain: false } });
    const encrypted = await sealFor(vault);
    expect(await decryption.open(signal).file(encrypted, 'json')).toEqual(readFixture('json').plain);
    vault.refuse();
    await expect(decryption.open(signal).file(encrypted, 'json')).rejects.toThrow(/Azure Key Vault https.*no right to decrypt/);
    setDefaultCACertificates(before);
  });
});
