export { createDecryption, type Decryption, type DecryptionOptions, type KeyServiceEndpoints } from './create-decryption.ts';
export { DecryptError, type DecryptErrorCode } from './error.ts';
export { createVaultLogin } from './login-at-vault.ts';
export { createMemoryFolder, type MemoryFolder, removeDecryptedLeftovers } from './memory-folder.ts';
export { type DecryptionKeys, readAgeKeys, readDecryptionKeys } from './read-decryption-keys.ts';
export { redactRevealed } from './redact.ts';
export type { DecryptionSession } from './session.ts';
