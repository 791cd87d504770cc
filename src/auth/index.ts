export * from './choose-registry-credentials.ts';
export * from './docker-config.ts';
export * from './egress.ts';
export * from './error.ts';
export * from './git-credentials.ts';
export * from './proxy-from-secret.ts';
export { describeSecret, readSecretData, type SecretData, type SecretObject } from './secret-data.ts';
export { type TlsIdentity, tlsFromSecret } from './tls-from-secret.ts';
