import type { BucketReader, BucketWish } from './bucket-reader.ts';

/** A reader for the bucket; its SDK is loaded now. Throws BucketError for credentials that cannot be used, and SDK_MISSING. */
export async function openBucket(wish: BucketWish): Promise<BucketReader> {
  switch (wish.provider) {
    case 'generic':
    case 'aws':
      return (await import('./s3.ts')).openS3(wish);
    case 'gcp':
      return (await import('./google.ts')).openGoogle(wish);
    case 'azure':
      return (await import('./azure.ts')).openAzure(wish);
    default:
      return wish.provider satisfies never;
  }
}
