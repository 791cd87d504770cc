import type { CheckAddress, CloudIdentity, ProxyAccess, SecretObject, TlsIdentity } from '../auth/index.ts';

/** One object of a listing. */
export interface BucketObject {
  readonly key: string;
  /** As the storage tells it, without quotes. */
  readonly etag: string;
  readonly bytes: number;
}

/** A bucket of any provider. Failures are BucketErrors. */
export interface BucketReader {
  /** Every object whose key begins with the prefix, in the order of the storage. */
  list(prefix: string, signal: AbortSignal): AsyncIterable<BucketObject>;
  /** The content of an object of up to `maxBytes`; null where there is none of that key. */
  fetch(key: string, maxBytes: number, signal: AbortSignal): Promise<Buffer | null>;
  close(): void;
}

/** Where a bucket is, and what opens it. */
export interface BucketWish {
  readonly provider: 'generic' | 'aws' | 'gcp' | 'azure';
  readonly bucketName: string;
  readonly endpoint: string;
  readonly region: string | undefined;
  readonly insecure: boolean;
  /** The content of `secretRef`. */
  readonly secret: SecretObject | undefined;
  readonly tls: TlsIdentity | undefined;
  readonly proxy: ProxyAccess | undefined;
  readonly sts: BucketSts | undefined;
  /** The identity of the ServiceAccount that is named, else of the bot itself. */
  readonly identity: CloudIdentity;
  readonly checkAddress: CheckAddress;
}

export interface BucketSts {
  readonly provider: 'aws' | 'ldap';
  readonly endpoint: string;
  readonly secret: SecretObject | undefined;
  readonly tls: TlsIdentity | undefined;
}
