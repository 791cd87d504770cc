import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { describe, expect, test } from 'vitest';
import { type CloudIdentity, createCloudIdentity, createEgressCheck } from '../../src/auth/index.ts';
import { type BucketReader, type BucketWish, openBucket } from '../../src/bucket/index.ts';
import { type Objects, startAzureStandIn, startGoogleStandIn, startLdapStandIn, startS3StandIn } from './stand-ins.ts';

const objects: Objects = { 'apps/a.yaml': 'a', 'apps/b & <c> ü.yaml': 'bb', 'apps/d+e%20f.yaml': 'ccc', 'other.yaml': 'dddd' };
const signal = new AbortController().signal;
const accountKey = Buffer.from('the key of the account').toString('base64');
const google: CloudIdentity = { ...createCloudIdentity(), google: async () => 'token' };

const secretOf = (data: Readonly<Record<string, string>>) => ({
  metadata: { name: 'bucket', namespace: 'default' },
  stringData: data,
});

function wishFor(provider: BucketWish['provider'], endpoint: string, more: Partial<BucketWish> = {}): BucketWish {
  return {
    ...{ provider, endpoint, bucketName: 'fleet', region: undefined, insecure: true, identity: google },
    ...{ secret: undefined, tls: undefined, proxy: undefined, sts: undefined },
    checkAddress: createEgressCheck({ allowLoopback: true }),
    ...more,
  };
}

async function readAll(reader: BucketReader, prefix = ''): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { key, bytes } of reader.list(prefix, signal)) {
    const content = await reader.fetch(key, 100, signal);
    expect(content?.length).toBe(bytes);
    found[key] = content?.toString() ?? '';
  }
  reader.close();
  return found;
}

type Open = (more?: Partial<BucketWish>) => Promise<{ reader: BucketReader } & AsyncDisposable>;

const providers: Readonly<Record<string, Open>> = {
  'Google Cloud': async (more) => {
    const server = await startGoogleStandIn(objects, 'token');
    return {
      reader: await openBucket(wishFor('gcp', server.host, more)),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
  'Azure by the key of the account': async (more) => {
    const server = await startAzureStandIn(objects, { accountKey, signature: 's' });
    const wish = wishFor('azure', `http://${server.host}/account`, { secret: secretOf({ accountKey }), ...more });
    return { reader: await openBucket(wish), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  },
  'Azure by a shared access signature': async (more) => {
    const server = await startAzureStandIn(objects, { accountKey, signature: 'sig/+=' });
    const secret = secretOf({ sasKey: `?sv=2023&sig=${encodeURIComponent('sig/+=')}` });
    const wish = wishFor('azure', `http://${server.host}/account`, { secret, ...more });
    return { reader: await openBucket(wish), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  },
  'S3 by keys': async (more) => {
    const server = await startS3StandIn(objects, 'key');
    const wish = wishFor('generic', server.host, { secret: secretOf({ accesskey: 'key', secretkey: 'secret' }), ...more });
    return { reader: await openBucket(wish), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  },
  'S3 without a login': async (more) => {
    const server = await startS3StandIn(objects, null);
    return {
      reader: await openBucket(wishFor('generic', server.host, more)),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};

describe.for(Object.entries(providers))('%s', ([, open]) => {
  test('every page is read, whatever the keys are made of', async () => {
    await using opened = await open();
    expect(await readAll(opened.reader)).toEqual(objects);
  });

  test('a prefix narrows the listing', async () => {
    await using opened = await open();
    expect(Object.keys(await readAll(opened.reader, 'other'))).toEqual(['other.yaml']);
  });

  test('an object that is not there is nothing, one that is too large an error', async () => {
    await using opened = await open();
    expect(await opened.reader.fetch('none.yaml', 100, signal)).toBeNull();
    await expect(opened.reader.fetch('other.yaml', 3, signal)).rejects.toMatchObject({ code: 'READ_FAILED' });
  });

  test('a bucket that is not there is named', async () => {
    await using opened = await open({ bucketName: 'nowhere' });
    await expect(readAll(opened.reader)).rejects.toMatchObject({ code: 'BUCKET_MISSING', message: "bucket 'nowhere' not found" });
  });
});

test('the stand-in of Azure understands signatures as the SDK of Azure makes them', async () => {
  await using server = await startAzureStandIn(objects, { accountKey, signature: 's' });
  const service = new BlobServiceClient(`http://${server.host}/account`, new StorageSharedKeyCredential('account', accountKey));
  const names: string[] = [];
  for await (const { name } of service.getContainerClient('fleet').listBlobsFlat()) names.push(name);
  expect(names).toEqual(Object.keys(objects).toSorted());
});

describe('who is not let in is told so, without what was sent', () => {
  test('Google Cloud', async () => {
    await using server = await startGoogleStandIn(objects, 'another');
    const reader = await openBucket(wishFor('gcp', server.host));
    await expect(readAll(reader)).rejects.toMatchObject({ code: 'BUCKET_REFUSED' });
  });

  test('Azure', async () => {
    await using server = await startAzureStandIn(objects, { accountKey: 'b3RoZXI=', signature: 's' });
    const reader = await openBucket(wishFor('azure', `http://${server.host}/account`, { secret: secretOf({ accountKey }) }));
    const failure = await readAll(reader).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'BUCKET_REFUSED', message: expect.stringContaining('AuthenticationFailed') });
    expect(String(failure)).not.toContain(accountKey);
  });

  test('S3', async () => {
    await using server = await startS3StandIn(objects, 'another');
    const reader = await openBucket(wishFor('generic', server.host));
    await expect(readAll(reader)).rejects.toMatchObject({
      code: 'BUCKET_REFUSED',
      message: expect.stringContaining('AccessDenied'),
    });
  });
});

describe('credentials of a directory', () => {
  const sts = (endpoint: string, password: string) =>
    ({ provider: 'ldap', endpoint, tls: undefined, secret: secretOf({ username: 'ada', password }) }) as const;

  test('open the bucket', async () => {
    await using server = await startS3StandIn(objects, 'ldap-key');
    await using directory = await startLdapStandIn('ada', 'hopper');
    const reader = await openBucket(wishFor('generic', server.host, { sts: sts(`http://${directory.host}`, 'hopper') }));
    expect(Object.keys(await readAll(reader))).toHaveLength(4);
  });

  test('are refused with what the directory says, without the password', async () => {
    await using directory = await startLdapStandIn('ada', 'hopper');
    const wish = wishFor('generic', '127.0.0.1:1', { sts: sts(`http://${directory.host}`, 'wrong-password') });
    const failure = await openBucket(wish).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'STS_FAILED', message: expect.stringContaining('no such user') });
    expect(String(failure)).not.toContain('wrong-password');
  });
});

describe('a Secret that cannot open it is named with what it lacks', () => {
  test.for<{ provider: BucketWish['provider']; secret: Record<string, string>; says: string }>([
    { provider: 'generic', secret: { accesskey: 'a' }, says: "must contain 'accesskey' and 'secretkey'" },
    {
      provider: 'gcp',
      secret: { serviceaccount: '{"type":"external_account"}' },
      says: "'serviceaccount' holds no service account key",
    },
    { provider: 'gcp', secret: { serviceaccount: 'null' }, says: "'serviceaccount' holds no service account key" },
    { provider: 'azure', secret: { tenantId: 't' }, says: "needs 'accountKey'" },
  ])('$provider with $secret', async ({ provider, secret, says }) => {
    const opening = openBucket(wishFor(provider, 'http://storage.example', { secret: secretOf(secret) }));
    await expect(opening).rejects.toMatchObject({ code: 'INVALID_SECRET', message: expect.stringContaining(says) });
  });
});

describe('an address that is off limits is not asked', () => {
  test.for<BucketWish['provider']>(['generic', 'gcp', 'azure'])('by %s', async (provider) => {
    const look = async (endpoint: string) =>
      readAll(await openBucket(wishFor(provider, endpoint, { secret: undefined, identity: nobody })));
    const host = provider === 'azure' ? 'http://169.254.169.254' : '169.254.169.254';
    await expect(look(host)).rejects.toMatchObject({ code: 'ADDRESS_FORBIDDEN' });
  });
  const nobody: CloudIdentity = {
    ...{ aws: async () => undefined, google: async () => 'token' },
    azure: async () => ({ getToken: async () => ({ token: 'token', expiresOnTimestamp: 0 }) }),
  };
});
