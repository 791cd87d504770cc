export { SignatureError, type SignatureErrorCode } from './error.ts';
export type { SignedImage } from './find-signatures.ts';
export { type Trust, trustIdentities, trustKeys } from './trust.ts';
export type { SignatureAnswer } from './verify-image.ts';
export { verifyImage } from './verify-on-demand.ts';
