import type { KeyObject } from 'node:crypto';
import type { SignedEntity } from '@sigstore/verify';

/** One signature that was found at an image, and what has to hold for it to be one of that image. */
export interface FoundSignature {
  /** Where it was found, for messages. */
  readonly at: string;
  /** Whether what was signed is the very digest, and was signed as an image. */
  readonly isOfImage: boolean;
  isSignedBy(key: KeyObject): boolean;
  /** For keyless trust: the certificate, the logs and the timestamps; null where it has no certificate. */
  readonly entity: SignedEntity | null;
}
