export { createSigner } from './create-signer.ts';
export { SignError, type SignErrorCode } from './error.ts';
export type { CommitSigner, SigningKey } from './signing-key.ts';
