import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { findFreePort } from './free-port.ts';
import { requirePart } from './parts.ts';
import { startProcess } from './start-process.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

/** versitygw on a free port of 127.0.0.1, over an empty folder. */
export interface S3Server extends AsyncDisposable {
  /** `127.0.0.1:port`, as it stands in `spec.endpoint`. */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  createBucket(bucket: string): Promise<void>;
  put(bucket: string, key: string, content: string): Promise<void>;
  delete(bucket: string, key: string): Promise<void>;
}

export async function startS3Server(): Promise<S3Server> {
  await using starting = new AsyncDisposableStack();
  const folder = starting.use(await createTemporaryFolder('s3'));
  const port = await findFreePort();
  const endpoint = `127.0.0.1:${port}`;
  const [accessKey, secretKey] = ['test-access', 'test-secret-key'];
  const root = join(folder.path, 'data');
  await mkdir(root);
  starting.use(
    await startProcess({
      name: 'versitygw',
      program: requirePart('versitygw'),
      args: ['--access', accessKey, '--secret', secretKey, '--port', endpoint, '--quiet', 'posix', root],
      stopSignal: 'SIGKILL',
      isReady: async () => (await fetch(`http://${endpoint}/`)).status > 0,
    }),
  );
  const client = new S3Client({
    ...{ endpoint: `http://${endpoint}`, region: 'us-east-1', forcePathStyle: true },
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
  });
  starting.defer(() => client.destroy());
  const parts = starting.move();
  return {
    ...{ endpoint, accessKey, secretKey },
    createBucket: async (Bucket) => void (await client.send(new CreateBucketCommand({ Bucket }))),
    put: async (Bucket, Key, Body) => void (await client.send(new PutObjectCommand({ Bucket, Key, Body }))),
    delete: async (Bucket, Key) => void (await client.send(new DeleteObjectCommand({ Bucket, Key }))),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}
