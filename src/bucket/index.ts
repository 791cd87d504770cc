export type { BucketObject, BucketReader, BucketWish } from './bucket-reader.ts';
export { BucketError, type BucketErrorCode } from './error.ts';
export { openBucket } from './open-bucket.ts';
