import { createTenantFetch, describeSecret, loadSdk, readSecretData, type SecretObject } from '../auth/index.ts';
import { errorMessage, TagalongError } from '../core/index.ts';
import type { BucketObject, BucketReader, BucketWish } from './bucket-reader.ts';
import { BucketError } from './error.ts';
import { readAtMost } from './read-at-most.ts';

const scopes = ['https://www.googleapis.com/auth/devstorage.read_only'];
const longestAnswerBytes = 256 * 1_048_576;

/** A bucket of Google Cloud, by its JSON API: as the service account of the Secret, or as the identity at hand. */
export async function openGoogle(wish: BucketWish): Promise<BucketReader> {
  const { proxy, checkAddress, tls, bucketName } = wish;
  const send = await createTenantFetch({ checkAddress, ...(proxy && { proxy }), ...tls, maxBytes: longestAnswerBytes });
  const createToken = wish.secret === undefined ? () => wish.identity.google() : await serviceAccountTokens(wish.secret);
  const root = `${wish.insecure ? 'http' : 'https'}://${wish.endpoint}/storage/v1/b/${encodeURIComponent(bucketName)}/o`;
  const ask = async (path: string, signal: AbortSignal): Promise<Response> => {
    try {
      const headers = { authorization: `Bearer ${await createToken()}` };
      return await send(`${root}${path}`, { headers, signal });
    } catch (error) {
      throw translate(error, wish, signal);
    }
  };
  return {
    list: (prefix, signal) => listObjects(ask, { wish, prefix, signal }),
    async fetch(key, maxBytes, signal) {
      const answer = await ask(`/${encodeURIComponent(key)}?alt=media`, signal);
      if (answer.status === 404) return null;
      requireOk(answer, wish);
      return readAtMost(answer.body as AsyncIterable<Uint8Array> | null, maxBytes, key);
    },
    close: () => {},
  };
}

type Ask = (path: string, signal: AbortSignal) => Promise<Response>;

async function* listObjects(
  ask: Ask,
  { wish, prefix, signal }: { wish: BucketWish; prefix: string; signal: AbortSignal },
): AsyncGenerator<BucketObject> {
  let pageToken: string | undefined;
  do {
    const query = new URLSearchParams({ fields: 'items(name,etag,size),nextPageToken', prefix, ...(pageToken && { pageToken }) });
    const answer = await ask(`?${query}`, signal);
    if (answer.status === 404) throw new BucketError('BUCKET_MISSING', `bucket '${wish.bucketName}' not found`);
    requireOk(answer, wish);
    const page = (await answer.json()) as Page;
    for (const { name, etag = '', size } of page.items ?? []) yield { key: name, etag, bytes: Number(size ?? 0) };
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined && pageToken !== '');
}

interface Page {
  readonly items?: readonly { readonly name: string; readonly etag?: string; readonly size?: string }[];
  readonly nextPageToken?: string;
}

/** Only a service account's own key: other kinds of credential files name programs and addresses. */
async function serviceAccountTokens(secret: SecretObject): Promise<() => Promise<string>> {
  const where = `${describeSecret(secret)}: key 'serviceaccount'`;
  const fields = parseJson(readSecretData(secret).text('serviceaccount'));
  const { type, client_email: email, private_key: key } = fields;
  if (type !== 'service_account' || typeof email !== 'string' || typeof key !== 'string')
    throw new BucketError('INVALID_SECRET', `${where} holds no service account key in JSON`);
  const { JWT } = await loadSdk('google-auth-library', () => import('google-auth-library'));
  const client = new JWT({ email, key, scopes });
  return async () => (await client.getAccessToken()).token ?? '';
}

function parseJson(text: string | undefined): Record<string, unknown> {
  try {
    return (JSON.parse(text ?? '') ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function requireOk({ ok, status }: Response, { bucketName, endpoint }: BucketWish): void {
  if (ok) return;
  const code = status === 401 || status === 403 ? 'BUCKET_REFUSED' : 'READ_FAILED';
  throw new BucketError(code, `reading bucket '${bucketName}' at ${endpoint}: the storage answered ${status}`);
}

function translate(error: unknown, { bucketName, endpoint }: BucketWish, signal: AbortSignal): unknown {
  if (signal.aborted || error instanceof TagalongError) return error;
  const { cause } = error as { cause?: unknown };
  if (cause instanceof TagalongError) return cause;
  const because = cause === undefined ? errorMessage(error) : `${errorMessage(error)}: ${errorMessage(cause)}`;
  return new BucketError('READ_FAILED', `reading bucket '${bucketName}' at ${endpoint}: ${because}`, { cause: error });
}
