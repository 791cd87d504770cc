import { Secret } from '../core/index.ts';
import { AuthError } from './error.ts';
import { describeSecret, readSecretData, type SecretObject } from './secret-data.ts';

/** PEM texts for a TLS handshake: authorities to trust beside the system's, and a client certificate with its key. */
export interface TlsIdentity {
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: Secret;
}

/**
 * What a `certSecretRef` names: `ca.crt`, or `tls.crt` with `tls.key`, or all three; the keys of older releases (`caFile`,
 * `certFile`, `keyFile`) are read where the new ones are absent. Throws INVALID_SECRET with Flux's texts.
 */
export function tlsFromSecret(secret: SecretObject): TlsIdentity {
  const tls = readTls(secret);
  if (tls.ca === undefined && tls.certificate === undefined)
    throw new AuthError(
      'INVALID_SECRET',
      `${describeSecret(secret)} must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'`,
    );
  return tls;
}

/** The same, where TLS is only a part of what the Secret may hold (git's `secretRef`): nothing there is fine. */
export function readTls(secret: SecretObject): TlsIdentity {
  const data = readSecretData(secret);
  const ca = data.firstText('ca.crt', 'caFile');
  const certificate = data.firstText('tls.crt', 'certFile');
  const key = data.firstText('tls.key', 'keyFile');
  if ((certificate === undefined) !== (key === undefined)) throw missingHalf(secret, certificate === undefined);
  if (ca !== undefined) requirePem(secret, 'ca.crt', ca);
  if (certificate !== undefined) requirePem(secret, 'tls.crt', certificate);
  return {
    ...(ca !== undefined && { ca }),
    ...(certificate !== undefined && key !== undefined && { certificate, key: new Secret(key) }),
  };
}

function missingHalf(secret: SecretObject, certificateIsMissing: boolean): AuthError {
  const [present, missing] = certificateIsMissing ? ['tls.key', 'tls.crt'] : ['tls.crt', 'tls.key'];
  return new AuthError('INVALID_SECRET', `${describeSecret(secret)} contains '${present}' but missing '${missing}'`);
}

function requirePem(secret: SecretObject, key: string, text: string): void {
  if (text.includes('-----BEGIN CERTIFICATE-----') || text.includes('-----BEGIN TRUSTED CERTIFICATE-----')) return;
  throw new AuthError('INVALID_SECRET', `${describeSecret(secret)}: '${key}' holds no PEM certificate`);
}
