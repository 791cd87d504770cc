import { createHash } from 'node:crypto';
import { type Clock, errorMessage, type RegistryCredentials, Secret } from '../../core/index.ts';
import { AuthError } from '../error.ts';
import { loginAtAws } from './aws-login.ts';
import { loginAtAzure } from './azure-login.ts';
import type { CloudAccount, CloudAsk, CloudEndpoints, CloudProxy, CloudToken } from './cloud-account.ts';
import { type CloudHost, findCloudHost } from './cloud-host.ts';
import { loginAtGoogle } from './google-login.ts';

export type CloudProvider = CloudHost['provider'];

export interface CloudLoginRequest {
  readonly provider: CloudProvider;
  /** The host of the registry, as in an image name. */
  readonly registry: string;
  /** Absent: the bot's own identity. */
  readonly account?: CloudAccount | undefined;
  readonly proxy?: CloudProxy | undefined;
}

/** Logins at the registries of the clouds, by identities and without passwords. */
export interface CloudLogins {
  /**
   * Credentials that are good for some time yet. They are kept and renewed before they end; those who ask for the same share one
   * request. Throws LOGIN_FAILED, SDK_MISSING, and WRONG_CLOUD for a registry that is not of this cloud.
   */
  login(request: CloudLoginRequest): Promise<RegistryCredentials>;
}

export interface CloudLoginsOptions {
  readonly clock: Clock;
  readonly endpoints?: CloudEndpoints;
}

interface Kept {
  token?: CloudToken;
  renewAt: number;
  pending?: Promise<CloudToken>;
}

const maxKept = 5_000;
const renewBeforeMs = 300_000;

export function createCloudLogins({ clock, endpoints = {} }: CloudLoginsOptions): CloudLogins {
  const kept = new Map<string, Kept>();
  const fetchToken = async (entry: Kept, host: CloudHost, ask: CloudAsk): Promise<CloudToken> => {
    const token = await loginAt(host, ask);
    const lifeMs = token.expiresAt - clock.now();
    entry.token = token;
    entry.renewAt = token.expiresAt - Math.min(renewBeforeMs, lifeMs / 4);
    return token;
  };
  const find = (key: string): Kept => {
    const entry = kept.get(key) ?? { renewAt: 0 };
    kept.delete(key);
    kept.set(key, entry);
    const [oldest] = kept.keys();
    if (kept.size > maxKept && oldest !== undefined) kept.delete(oldest);
    return entry;
  };
  return {
    login: async ({ provider, registry, account, proxy }) => {
      const host = findCloudHost(registry);
      if (host?.provider !== provider) throw wrongCloud(provider, registry);
      requireHttpProxy(provider, proxy);
      const entry = find(keyOf(host, account, proxy));
      if (entry.token !== undefined && clock.now() < entry.renewAt) return toCredentials(host, entry.token);
      entry.pending ??= fetchToken(entry, host, { account, proxy, endpoints }).finally(() => delete entry.pending);
      try {
        return toCredentials(host, await entry.pending);
      } catch (error) {
        // What is still good opens the registry, whatever ails the cloud's token service.
        if (entry.token !== undefined && clock.now() < entry.token.expiresAt) return toCredentials(host, entry.token);
        throw describeFailure(provider, registry, error);
      }
    },
  };
}

function loginAt(host: CloudHost, ask: CloudAsk): Promise<CloudToken> {
  switch (host.provider) {
    case 'aws':
      return loginAtAws(host, ask);
    case 'azure':
      return loginAtAzure(host, ask);
    case 'gcp':
      return loginAtGoogle(ask);
    default:
      return host satisfies never;
  }
}

function toCredentials({ provider }: CloudHost, { username, text }: CloudToken): RegistryCredentials {
  const secret = new Secret(text);
  return provider === 'azure'
    ? { kind: 'exchange', token: secret }
    : { kind: 'basic', username: username ?? '', password: secret };
}

/** What a cloud gives is the same for all registries of a region or a cloud, and for nobody but the one who asked. */
function keyOf(host: CloudHost, account: CloudAccount | undefined, proxy: CloudProxy | undefined): string {
  const who = account && [account.namespace, account.name, account.annotations];
  const way = proxy && [proxy.address, proxy.username, proxy.password?.reveal()];
  return createHash('sha256')
    .update(JSON.stringify([host, who, way]))
    .digest('hex');
}

function wrongCloud(provider: CloudProvider, registry: string): AuthError {
  return new AuthError(
    'WRONG_CLOUD',
    `provider ${provider} has no registry ${registry}; nothing was sent there. For another registry leave spec.provider out`,
    { retry: 'never' },
  );
}

function requireHttpProxy(provider: CloudProvider, proxy: CloudProxy | undefined): void {
  if (proxy === undefined || !proxy.address.startsWith('socks5:')) return;
  throw new AuthError(
    'INVALID_SECRET',
    `provider ${provider} cannot be reached through a socks5 proxy; name an http or https one`,
  );
}

/** Messages of SDKs run over many lines, and may quote what they sent. */
function describeFailure(provider: CloudProvider, registry: string, error: unknown): AuthError {
  if (error instanceof AuthError) return error;
  const said = errorMessage(error)
    .replace(/\beyJ[\w-]{8,}(?:\.[\w-]+)*/g, '[redacted]')
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .slice(0, 500);
  return new AuthError('LOGIN_FAILED', `logging in at ${registry} by provider ${provider}: ${said}`, { cause: error });
}
