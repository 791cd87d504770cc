export * from './git-host.ts';
export * from './registry.ts';
export type { RegistryFault } from './registry-faults.ts';
export type { RegistryAuth } from './registry-login.ts';
