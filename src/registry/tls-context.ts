import { createSecureContext, getCACertificates, rootCertificates, type SecureContext } from 'node:tls';
import type { RegistryAccess } from '../core/index.ts';

/**
 * What a TLS handshake presents and trusts; undefined for the defaults. Made once for all connections: reading the system's
 * authorities again for each would cost more than the handshake. Throws what OpenSSL says of texts that cannot be used.
 */
export function createTlsContext(tls: RegistryAccess['tls']): SecureContext | undefined {
  if (tls === undefined) return undefined;
  const { ca, certificate, key } = tls;
  return createSecureContext({
    ...(ca !== undefined && { ca: [...systemAuthorities(), ca] }),
    ...(certificate !== undefined && { cert: certificate }),
    ...(key !== undefined && { key: key.reveal() }),
  });
}

/** What Node trusts by default, NODE_EXTRA_CA_CERTS included. Node before 22.15 tells only what it came with. */
function systemAuthorities(): readonly string[] {
  return typeof getCACertificates === 'function' ? getCACertificates('default') : rootCertificates;
}
