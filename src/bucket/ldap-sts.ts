import { type AwsCredentials, createTenantFetch, describeSecret, readSecretData } from '../auth/index.ts';
import { errorMessage } from '../core/index.ts';
import type { BucketSts, BucketWish } from './bucket-reader.ts';
import { BucketError } from './error.ts';
import { decodeXml, textIn } from './xml-text.ts';

/** Temporary credentials for a name and a password, as MinIO gives them out of a directory. Throws STS_FAILED and INVALID_SECRET. */
export async function assumeRoleWithLdap(
  { endpoint, secret, tls }: BucketSts,
  { proxy, checkAddress }: Pick<BucketWish, 'proxy' | 'checkAddress'>,
): Promise<AwsCredentials> {
  const data = secret === undefined ? undefined : readSecretData(secret);
  const [username, password] = [data?.text('username'), data?.text('password')];
  if (secret !== undefined && (username === undefined || password === undefined))
    throw new BucketError('INVALID_SECRET', `${describeSecret(secret)} must contain 'username' and 'password'`);
  const route = { checkAddress, ...(proxy && { proxy }), ...tls };
  const action = { Action: 'AssumeRoleWithLDAPIdentity', Version: '2011-06-15' };
  const body = new URLSearchParams({ ...action, LDAPUsername: username ?? '', LDAPPassword: password ?? '' });
  try {
    const send = await createTenantFetch(route);
    const answer = await send(endpoint, { method: 'POST', body });
    const xml = await answer.text();
    if (!answer.ok) throw new TypeError(`it answered ${answer.status}: ${textIn(xml, 'Message') ?? 'no reason'}`);
    return parseCredentials(xml);
  } catch (cause) {
    throw new BucketError('STS_FAILED', `asking ${endpoint} for credentials: ${errorMessage(cause)}`, { cause });
  }
}

function parseCredentials(xml: string): AwsCredentials {
  const [accessKeyId, secretAccessKey, sessionToken] = ['AccessKeyId', 'SecretAccessKey', 'SessionToken'].map((name) =>
    textIn(xml, name),
  );
  if (accessKeyId === undefined || secretAccessKey === undefined) throw new TypeError('it answered without credentials');
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken: decodeXml(sessionToken) }) };
}
