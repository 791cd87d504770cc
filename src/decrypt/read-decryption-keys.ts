import type { PrivateKey } from 'openpgp';
import { type AwsCredentials, describeSecret, type SecretObject } from '../auth/index.ts';
import { Secret } from '../core/index.ts';
import { type AzureLogin, parseAzureLogin } from './azure-login.ts';
import { assertAgeIdentities, parseAgeIdentities } from './open-with-age.ts';
import { parsePgpKeys } from './open-with-pgp.ts';
import { invalidKey, parseFields } from './parse-fields.ts';

/** What a Secret of `spec.decryption.secretRef` holds. */
export interface DecryptionKeys {
  readonly ageIdentities: readonly string[];
  readonly pgpKeys: readonly PrivateKey[];
  readonly vaultToken?: Secret;
  readonly aws?: AwsCredentials;
  readonly azure?: AzureLogin;
  /** The JSON of a Google service account. */
  readonly google?: GoogleKey;
}

export interface GoogleKey {
  readonly type: 'service_account' | 'authorized_user';
  readonly [field: string]: unknown;
}

/** Reads the entries that Flux knows, and passes over the others. Throws KEY_INVALID, naming the entry and never its content. */
export async function readDecryptionKeys(secret: SecretObject): Promise<DecryptionKeys> {
  const entries = [...bytesOfEntries(secret)].map(([name, bytes]) => {
    const where = `'${name}' data from sops decryption ${describeSecret(secret).replace(/^secret/, 'Secret')}`;
    return { name, where, bytes, text: bytes.toString('utf8') };
  });
  const of = (name: string) => entries.find((entry) => entry.name === name);
  const ageIdentities: string[] = [];
  const pgpKeys: PrivateKey[] = [];
  for (const { name, where, text } of entries) {
    if (name.endsWith('.agekey')) ageIdentities.push(...(await readAge(text, where)));
    if (name.endsWith('.asc')) pgpKeys.push(...(await parsePgpKeys(text, where)));
  }
  const token = of('sops.vault-token');
  const [aws, azure, google] = [of('sops.aws-kms'), of('sops.azure-kv'), of('sops.gcp-kms')];
  return {
    ageIdentities,
    pgpKeys,
    ...(token !== undefined && { vaultToken: new Secret(token.text.trim()) }),
    ...(aws !== undefined && { aws: parseAws(aws.text, aws.where) }),
    ...(azure !== undefined && { azure: parseAzureLogin(azure.bytes, azure.where) }),
    ...(google !== undefined && { google: parseGoogle(google.text, google.where) }),
  };
}

/** Of the Secret of the controller: only its age identities count. Throws KEY_INVALID. */
export async function readAgeKeys(secret: SecretObject): Promise<DecryptionKeys> {
  const data = Object.entries(typeof secret.data === 'object' && secret.data !== null ? secret.data : {});
  return readDecryptionKeys({ ...secret, data: Object.fromEntries(data.filter(([name]) => name.endsWith('.agekey'))) });
}

function* bytesOfEntries({ data, stringData }: SecretObject): Generator<readonly [string, Buffer]> {
  for (const [name, value] of entriesOf(data)) yield [name, Buffer.from(value, 'base64')];
  for (const [name, value] of entriesOf(stringData)) yield [name, Buffer.from(value)];
}

function entriesOf(value: unknown): [string, string][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
}

async function readAge(text: string, where: string): Promise<string[]> {
  const identities = parseAgeIdentities(text, where);
  await assertAgeIdentities(identities, where);
  return identities;
}

function parseAws(text: string, where: string): AwsCredentials {
  const fields = parseFields(text, where);
  const { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey, aws_session_token: sessionToken } = fields;
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string')
    throw invalidKey(where, 'it needs the fields aws_access_key_id and aws_secret_access_key');
  return { accessKeyId, secretAccessKey, ...(typeof sessionToken === 'string' && { sessionToken }) };
}

/** Other kinds of credentials name files to read, addresses to ask and programs to run, and the Secret may be a tenant's. */
function parseGoogle(text: string, where: string): GoogleKey {
  const fields = parseFields(text, where);
  const { type } = fields;
  if (type === 'service_account' || type === 'authorized_user') return { ...fields, type };
  throw invalidKey(where, 'its type is neither service_account nor authorized_user; others are not accepted from a Secret');
}
