import { BucketError } from './error.ts';

/** The whole of a body, up to so many bytes. Throws READ_FAILED for more. */
export async function readAtMost(body: AsyncIterable<Uint8Array> | null, maxBytes: number, key: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes)
      throw new BucketError('READ_FAILED', `object '${key}' is larger than ${maxBytes} bytes; leave it out by spec.ignore`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
