export { createForges } from './create-forges.ts';
export { ForgeError, type ForgeErrorCode } from './error.ts';
export { type ForgeHints, type ForgePlace, type LocatedForge, locateForge } from './locate-forge.ts';
export type { TransportOptions } from './transport.ts';
