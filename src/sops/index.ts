export { SopsError, type SopsErrorCode } from './error.ts';
export { keepsSopsMac, type MacVerdict } from './keeps-sops-mac.ts';
export { type MasterKey, parseMetadata, type SopsMetadata } from './metadata.ts';
