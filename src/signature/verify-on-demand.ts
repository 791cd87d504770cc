import type { SignatureAnswer, verifyImage as verify } from './verify-image.ts';

/** `verify-image.ts`, with what Sigstore needs loaded when the first signature is looked at: few ask for it. */
export async function verifyImage(...asked: Parameters<typeof verify>): Promise<SignatureAnswer> {
  return (await import('./verify-image.ts')).verifyImage(...asked);
}
