import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP } from 'node:net';
import type { S3Client } from '@aws-sdk/client-s3';
import { createEgressLookup, describeSecret, loadSdk, readSecretData } from '../auth/index.ts';
import { errorMessage, TagalongError } from '../core/index.ts';
import type { BucketObject, BucketReader, BucketWish } from './bucket-reader.ts';
import { BucketError } from './error.ts';
import { assumeRoleWithLdap } from './ldap-sts.ts';
import { readAtMost } from './read-at-most.ts';

/** A bucket of AWS, or of anything that speaks its protocol: MinIO and its kin by paths, AWS by host names. */
export async function openS3(wish: BucketWish): Promise<BucketReader> {
  const sdk = await loadSdk('@aws-sdk/client-s3', () => import('@aws-sdk/client-s3'));
  const client = new sdk.S3Client({
    region: regionOf(wish),
    ...endpointOf(wish),
    ...(await credentialsOf(wish)),
    requestHandler: agentsOf(wish),
    maxAttempts: 3,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  const Bucket = wish.bucketName;
  return {
    list: (prefix, signal) => listObjects(client, sdk, { wish, prefix, signal }),
    fetch: async (key, maxBytes, signal) => {
      try {
        const { Body } = await client.send(new sdk.GetObjectCommand({ Bucket, Key: key }), { abortSignal: signal });
        return await readAtMost(Body as AsyncIterable<Uint8Array>, maxBytes, key);
      } catch (error) {
        if ((error as { name?: string }).name === 'NoSuchKey') return null;
        throw translate(error, wish, signal);
      }
    },
    close: () => client.destroy(),
  };
}

interface Listing {
  readonly wish: BucketWish;
  readonly prefix: string;
  readonly signal: AbortSignal;
}

async function* listObjects(
  client: S3Client,
  { ListObjectsV2Command }: typeof import('@aws-sdk/client-s3'),
  { wish, prefix, signal }: Listing,
): AsyncGenerator<BucketObject> {
  let ContinuationToken: string | undefined;
  do {
    const command = new ListObjectsV2Command({ Bucket: wish.bucketName, Prefix: prefix, ContinuationToken });
    const page = await client.send(command, { abortSignal: signal }).catch((error: unknown) => {
      throw translate(error, wish, signal);
    });
    for (const { Key, ETag, Size } of page.Contents ?? [])
      if (Key !== undefined) yield { key: Key, etag: (ETag ?? '').replace(/^"|"$/g, ''), bytes: Size ?? 0 };
    ContinuationToken = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (ContinuationToken !== undefined);
}

function regionOf({ region = '' }: BucketWish): string {
  return region === '' ? 'us-east-1' : region;
}

/** AWS's own endpoint is the SDK's to find, by region and bucket. */
function endpointOf({ endpoint, insecure }: BucketWish) {
  if (/(^|\.)amazonaws\.com(\.cn)?$/.test(endpoint)) return { followRegionRedirects: true };
  return { endpoint: `${insecure ? 'http' : 'https'}://${endpoint}`, forcePathStyle: true };
}

async function credentialsOf(wish: BucketWish) {
  const { secret, sts, identity, provider } = wish;
  if (secret !== undefined) {
    const data = readSecretData(secret);
    const [accessKeyId, secretAccessKey] = [data.text('accesskey'), data.text('secretkey')];
    if (accessKeyId !== undefined && secretAccessKey !== undefined) return { credentials: { accessKeyId, secretAccessKey } };
    throw new BucketError('INVALID_SECRET', `${describeSecret(secret)} must contain 'accesskey' and 'secretkey'`);
  }
  if (sts?.provider === 'ldap') return { credentials: await assumeRoleWithLdap(sts, wish) };
  if (provider === 'generic') return anonymous;
  const own = await identity.aws(regionOf(wish));
  return own === undefined ? {} : { credentials: own };
}

/** Requests go out as they are. */
const anonymous = {
  credentials: { accessKeyId: 'anonymous', secretAccessKey: 'anonymous' },
  signer: { sign: async <Request>(request: Request) => request },
};

/** Whatever host is asked, it is connected to at an address that was checked. */
function agentsOf({ endpoint, tls, proxy, checkAddress }: BucketWish) {
  const host = hostOf(endpoint);
  if (proxy === undefined && isIP(host) !== 0) checkAddress(host, host); // never looked up
  const options = { keepAlive: true, lookup: createEgressLookup(checkAddress), ...proxyOf(proxy) };
  const identity = {
    ...(tls?.ca !== undefined && { ca: tls.ca }),
    ...(tls?.certificate !== undefined && { cert: tls.certificate, key: tls.key?.reveal() }),
  };
  return {
    httpAgent: new HttpAgent(options),
    httpsAgent: new HttpsAgent({ ...options, ...identity }),
    connectionTimeout: 10_000,
    requestTimeout: 60_000,
  };
}

function hostOf(endpoint: string): string {
  const url = `http://${endpoint}`;
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '';
}

function proxyOf(proxy: BucketWish['proxy']) {
  if (proxy === undefined) return {};
  const url = new URL(proxy.address);
  url.username = encodeURIComponent(proxy.username ?? '');
  url.password = encodeURIComponent(proxy.password?.reveal() ?? '');
  return { proxyEnv: { HTTP_PROXY: url.href, HTTPS_PROXY: url.href } };
}

function translate(error: unknown, { bucketName, endpoint }: BucketWish, signal: AbortSignal): unknown {
  if (signal.aborted || error instanceof TagalongError) return error;
  const { name = '', $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  if (name === 'NoSuchBucket') return new BucketError('BUCKET_MISSING', `bucket '${bucketName}' not found`, { cause: error });
  const code = [401, 403].includes($metadata?.httpStatusCode ?? 0) ? 'BUCKET_REFUSED' : 'READ_FAILED';
  const said = [name, errorMessage(error)].filter((text) => text !== '' && text !== 'Error').join(': ');
  return new BucketError(code, `reading bucket '${bucketName}' at ${endpoint}: ${said}`, { cause: error });
}
