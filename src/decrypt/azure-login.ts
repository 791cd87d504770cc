import { type AzureCredential, loadSdk } from '../auth/index.ts';
import { invalidKey, parseFields } from './parse-fields.ts';

/** What `sops.azure-kv` says: a service principal, by secret or certificate, or a managed identity. */
export type AzureLogin = { readonly authorityHost?: string } & (
  | { readonly by: 'secret'; readonly tenantId: string; readonly clientId: string; readonly clientSecret: string }
  | { readonly by: 'certificate'; readonly tenantId: string; readonly clientId: string; readonly certificate: AzureCertificate }
  | { readonly by: 'managed identity'; readonly clientId: string }
);

export interface AzureCertificate {
  /** PEM, with the private key. */
  readonly pem: string;
  readonly password?: string;
  readonly sendChain: boolean;
}

/** Reads the fields that Flux reads, also those that `az ad sp create-for-rbac` prints. Throws KEY_INVALID. */
export function parseAzureLogin(bytes: Buffer, entry: string): AzureLogin {
  const fields = parseFields(decode(bytes), entry);
  const text = (name: string) => (typeof fields[name] === 'string' ? fields[name] : '');
  const authority = text('authorityHost') === '' ? {} : { authorityHost: text('authorityHost') };
  const [tenantId, clientId, clientSecret, pem] = ['tenantId', 'clientId', 'clientSecret', 'clientCertificate'].map(text);
  if (tenantId && clientId && clientSecret) return { by: 'secret', tenantId, clientId, clientSecret, ...authority };
  if (tenantId && clientId && pem) {
    const password = text('clientCertificatePassword');
    const certificate = { pem, sendChain: fields['clientCertificateSendChain'] === true, ...(password !== '' && { password }) };
    return { by: 'certificate', tenantId, clientId, certificate, ...authority };
  }
  const [tenant, appId, secret] = ['tenant', 'appId', 'password'].map(text);
  if (tenant && appId && secret) return { by: 'secret', tenantId: tenant, clientId: appId, clientSecret: secret, ...authority };
  if (clientId) return { by: 'managed identity', clientId, ...authority };
  throw invalidKey(
    entry,
    "it needs 'clientId', or 'tenantId', 'clientId' and 'clientSecret', or 'tenantId', 'clientId' and 'clientCertificate'",
  );
}

/** PowerShell writes UTF-16. */
function decode(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder('utf-8').decode(bytes);
}

export async function createAzureCredential(login: AzureLogin): Promise<AzureCredential> {
  const identity = await loadSdk('@azure/identity', () => import('@azure/identity'));
  const options = login.authorityHost === undefined ? {} : { authorityHost: login.authorityHost };
  switch (login.by) {
    case 'secret':
      return new identity.ClientSecretCredential(login.tenantId, login.clientId, login.clientSecret, options);
    case 'certificate': {
      const { pem, password, sendChain } = login.certificate;
      const certificate = { certificate: pem, ...(password !== undefined && { certificatePassword: password }) };
      return new identity.ClientCertificateCredential(login.tenantId, login.clientId, certificate, {
        ...options,
        sendCertificateChain: sendChain,
      });
    }
    case 'managed identity':
      return new identity.ManagedIdentityCredential({ clientId: login.clientId });
    default:
      return login satisfies never;
  }
}
