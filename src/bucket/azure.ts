import { createHmac } from 'node:crypto';
import { isIP } from 'node:net';
import {
  type AzureCredential,
  createTenantFetch,
  describeSecret,
  loadSdk,
  readSecretData,
  type SecretObject,
} from '../auth/index.ts';
import { errorMessage, TagalongError } from '../core/index.ts';
import type { BucketObject, BucketReader, BucketWish } from './bucket-reader.ts';
import { BucketError } from './error.ts';
import { readAtMost } from './read-at-most.ts';
import { elementsIn, textIn } from './xml-text.ts';

const apiVersion = '2023-11-03';
const scope = 'https://storage.azure.com/.default';
const longestAnswerBytes = 256 * 1_048_576;

/** Makes a request one that the storage accepts. */
type Sign = (url: URL, headers: Record<string, string>) => Promise<void>;

/** A container of an Azure storage account, by its REST API: with the account's key, a shared access signature, or as somebody. */
export async function openAzure(wish: BucketWish): Promise<BucketReader> {
  const { proxy, checkAddress, tls } = wish;
  const send = await createTenantFetch({ checkAddress, ...(proxy && { proxy }), ...tls, maxBytes: longestAnswerBytes });
  const root = rootOf(wish);
  const sign = await createSigner(wish, root);
  const ask = async (path: string, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response> => {
    const url = new URL(`${root.href.replace(/\/+$/, '')}/${encodeURIComponent(wish.bucketName)}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const headers = { 'x-ms-date': new Date().toUTCString(), 'x-ms-version': apiVersion };
    try {
      await sign(url, headers);
      return await send(url, { headers, signal });
    } catch (error) {
      throw translate(error, wish, signal);
    }
  };
  return {
    list: (prefix, signal) => listBlobs(ask, { wish, prefix, signal }),
    async fetch(key, maxBytes, signal) {
      const answer = await ask(`/${key.split('/').map(encodeURIComponent).join('/')}`, {}, signal);
      if (answer.status === 404) return null;
      requireOk(answer, wish);
      return readAtMost(answer.body as AsyncIterable<Uint8Array> | null, maxBytes, key);
    },
    close: () => {},
  };
}

type Ask = (path: string, query: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<Response>;

async function* listBlobs(
  ask: Ask,
  { wish, prefix, signal }: { wish: BucketWish; prefix: string; signal: AbortSignal },
): AsyncGenerator<BucketObject> {
  let marker = '';
  do {
    const paging = { ...(prefix !== '' && { prefix }), ...(marker !== '' && { marker }) };
    const answer = await ask('', { restype: 'container', comp: 'list', ...paging }, signal);
    if (answer.status === 404) throw new BucketError('BUCKET_MISSING', `bucket '${wish.bucketName}' not found`);
    requireOk(answer, wish);
    const xml = await answer.text();
    for (const blob of elementsIn(xml, 'Blob'))
      yield {
        key: textIn(blob, 'Name') ?? '',
        etag: textIn(blob, 'Etag') ?? '',
        bytes: Number(textIn(blob, 'Content-Length') ?? 0),
      };
    marker = textIn(xml, 'NextMarker') ?? '';
  } while (marker !== '');
}

function rootOf({ endpoint, insecure }: BucketWish): URL {
  const text = /^https?:\/\//.test(endpoint) ? endpoint : `${insecure ? 'http' : 'https'}://${endpoint}`;
  if (URL.canParse(text)) return new URL(text);
  throw new BucketError('READ_FAILED', `the endpoint ${JSON.stringify(endpoint)} is no URL of a storage account`, {
    retry: 'never',
  });
}

async function createSigner({ secret, identity }: BucketWish, root: URL): Promise<Sign> {
  if (secret === undefined) return signAs(await identity.azure());
  const data = readSecretData(secret);
  const [accountKey, sasKey] = [data.text('accountKey'), data.text('sasKey')];
  if (accountKey !== undefined)
    return signWithKey(data.text('accountName') ?? accountOf(root), Buffer.from(accountKey, 'base64'));
  if (sasKey === undefined) return signAs(await createCredential(secret));
  const signature = new URLSearchParams(sasKey.replace(/^\?/, ''));
  return async (url) => {
    for (const [name, value] of signature) url.searchParams.set(name, value);
  };
}

function signAs(credential: AzureCredential): Sign {
  return async (_url, headers) => {
    headers['authorization'] = `Bearer ${(await credential.getToken(scope)).token}`;
  };
}

/** Shared Key authorization of the storage services. */
function signWithKey(account: string, key: Buffer): Sign {
  return async (url, headers) => {
    const own = Object.entries(headers).filter(([name]) => name.startsWith('x-ms-'));
    const query = [...url.searchParams].map(([name, value]) => `${name.toLowerCase()}:${value}`).toSorted();
    const resource = [`/${account}${url.pathname}`, ...query].join('\n');
    const lines = own.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}:${value}`);
    const text = [`GET${'\n'.repeat(11)}`, ...lines, resource].join('\n');
    headers['authorization'] = `SharedKey ${account}:${createHmac('sha256', key).update(text, 'utf8').digest('base64')}`;
  };
}

/** The first label of the host; of an address the first part of the path, as emulators have it. */
function accountOf({ hostname, pathname }: URL): string {
  const isAddress = isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 || hostname === 'localhost';
  return (isAddress ? pathname.split('/')[1] : hostname.split('.')[0]) ?? '';
}

async function createCredential(secret: SecretObject): Promise<AzureCredential> {
  const data = readSecretData(secret);
  const [tenant, client, password, certificate] = ['tenantId', 'clientId', 'clientSecret', 'clientCertificate'].map((key) =>
    data.text(key),
  );
  const identity = await loadSdk('@azure/identity', () => import('@azure/identity'));
  const authorityHost = data.text('authorityHost');
  const options = authorityHost === undefined ? {} : { authorityHost };
  if (tenant && client && password) return new identity.ClientSecretCredential(tenant, client, password, options);
  if (tenant && client && certificate) {
    const sealed = data.text('clientCertificatePassword');
    const pem = { certificate, ...(sealed !== undefined && { certificatePassword: sealed }) };
    const sendCertificateChain =
      data.text('clientCertificateSendChain') === 'true' || data.text('clientCertificateSendChain') === '1';
    return new identity.ClientCertificateCredential(tenant, client, pem, { ...options, sendCertificateChain });
  }
  if (client) return new identity.ManagedIdentityCredential({ clientId: client });
  throw new BucketError(
    'INVALID_SECRET',
    `${describeSecret(secret)} needs 'accountKey', 'sasKey', 'clientId', or 'tenantId' and 'clientId' with 'clientSecret' or 'clientCertificate'`,
  );
}

function requireOk({ ok, status, headers }: Response, { bucketName, endpoint }: BucketWish): void {
  if (ok) return;
  const code = status === 401 || status === 403 ? 'BUCKET_REFUSED' : 'READ_FAILED';
  const said = headers.get('x-ms-error-code') ?? 'no reason';
  throw new BucketError(
    code,
    `reading bucket '${bucketName}' at ${endpoint}: the storage answered ${status} (${said.slice(0, 100)})`,
  );
}

function translate(error: unknown, { bucketName, endpoint }: BucketWish, signal: AbortSignal): unknown {
  if (signal.aborted || error instanceof TagalongError) return error;
  const { cause } = error as { cause?: unknown };
  if (cause instanceof TagalongError) return cause;
  const because = cause === undefined ? errorMessage(error) : `${errorMessage(error)}: ${errorMessage(cause)}`;
  return new BucketError('READ_FAILED', `reading bucket '${bucketName}' at ${endpoint}: ${because}`, { cause: error });
}
