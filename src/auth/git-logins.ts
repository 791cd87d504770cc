import { type Clock, type GitRemote, Secret, systemClock } from '../core/index.ts';
import type { CloudAccount, CloudAsk, CloudEndpoints } from './clouds/cloud-account.ts';
import { type CheckAddress, createEgressCheck } from './egress.ts';
import { AuthError } from './error.ts';
import { type CodeCommitLogin, issueAzureDevOpsToken, signForCodeCommit } from './git-cloud-tokens.ts';
import { type GitAccess, gitCredentials } from './git-credentials.ts';
import { gitHubAppFromSecret, gitHubAppKey, hasGitHubApp, issueGitHubToken } from './github-app.ts';
import { type ProxyAccess, proxyFromSecret } from './proxy-from-secret.ts';
import { describeSecret, type SecretObject } from './secret-data.ts';
import { type IssuedToken, TokenCache } from './token-cache.ts';

/** What a source says about the way to its remote. */
export interface RemoteWish {
  readonly url: string;
  readonly provider?: string | undefined;
  readonly secret: SecretObject | null;
  readonly proxySecret: SecretObject | null;
  /** As whom to log in at the cloud; absent = as the bot. */
  readonly account?: CloudAccount | undefined;
}

export interface GitLoginsOptions {
  readonly clock?: Clock;
  readonly checkAddress?: CheckAddress;
  readonly endpoints?: CloudEndpoints;
}

/** Turns what a source says into a remote that git can open. Tokens of providers are kept until shortly before they expire. */
export class GitLogins {
  readonly #tokens: TokenCache<IssuedToken>;
  readonly #signatures: TokenCache<CodeCommitLogin>;
  readonly #clock: Clock;
  readonly #endpoints: CloudEndpoints;
  readonly #checkAddress: CheckAddress;

  constructor(options: GitLoginsOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#tokens = new TokenCache(this.#clock);
    this.#signatures = new TokenCache(this.#clock);
    this.#endpoints = options.endpoints ?? {};
    this.#checkAddress = options.checkAddress ?? createEgressCheck({ allowLoopback: true });
  }

  /** Throws INVALID_SECRET, INVALID_URL or LOGIN_FAILED. */
  async open(wish: RemoteWish): Promise<GitRemote> {
    const proxy = wish.proxySecret === null ? undefined : proxyFromSecret(wish.proxySecret);
    const access = await this.#access(wish, proxy);
    return { ...access, ...(proxy !== undefined && { proxy: formatProxy(proxy) }) };
  }

  #access(wish: RemoteWish, proxy: ProxyAccess | undefined): Promise<GitAccess> | GitAccess {
    const { url, provider = 'generic', secret } = wish;
    if (provider === 'github') return this.#github(url, secret, proxy);
    if (provider === 'azure' || provider === 'aws') return this.#cloud(wish, provider, proxy);
    if (secret !== null && hasGitHubApp(secret))
      throw new AuthError(
        'INVALID_SECRET',
        `${describeSecret(secret).replace('secret', 'secretRef')} has github app data but provider is not set to github`,
        { reason: 'InvalidProviderConfiguration' },
      );
    return gitCredentials(secret, url);
  }

  async #github(url: string, secret: SecretObject | null, proxy: ProxyAccess | undefined): Promise<GitAccess> {
    if (secret === null)
      throw new AuthError('INVALID_SECRET', 'secretRef with github app data must be specified when provider is set to github', {
        reason: 'InvalidProviderConfiguration',
        retry: 'never',
      });
    requireHttps(url, 'github');
    const app = gitHubAppFromSecret(secret);
    const owner = gitHubAppKey(app);
    const route = { checkAddress: this.#checkAddress, ...(proxy !== undefined && { proxy }) };
    const { token } = await this.#tokens.get(owner, () => issueGitHubToken(app, route));
    const { credentials: _, ...access } = gitCredentials(null, url);
    const credentials = { kind: 'basic', username: 'x-access-token', password: token } as const;
    return { ...access, credentials, owner, ...(app.ca !== undefined && { ca: app.ca }) };
  }

  async #cloud(
    { url, secret, account }: RemoteWish,
    provider: 'azure' | 'aws',
    proxy: ProxyAccess | undefined,
  ): Promise<GitAccess> {
    requireHttps(url, provider);
    // One identity a process, or one a ServiceAccount.
    const owner = account === undefined ? provider : `${provider}:${account.namespace}/${account.name}`;
    const ask = { account, proxy, endpoints: this.#endpoints };
    // A Secret may still bring an authority; logins in it are not used.
    const { credentials: _, ...access } = gitCredentials(secret === null ? null : withoutLogin(secret), url);
    return { ...access, credentials: await this.#cloudCredentials(access.url, provider, owner, ask), owner };
  }

  async #cloudCredentials(
    url: string,
    provider: 'azure' | 'aws',
    owner: string,
    ask: CloudAsk,
  ): Promise<GitAccess['credentials']> {
    if (provider === 'azure') {
      const { token } = await this.#tokens.get(owner, () => issueAzureDevOpsToken(ask));
      return { kind: 'bearer', token };
    }
    const sign = () => signForCodeCommit(new URL(url), ask, this.#clock.now());
    const { username, token } = await this.#signatures.get(`${owner} ${url}`, sign);
    return { kind: 'basic', username, password: token };
  }
}

function requireHttps(url: string, provider: string): void {
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return;
  throw new AuthError('INVALID_URL', `provider '${provider}' logs in by a token, which needs an http or https URL`, {
    reason: 'InvalidProviderConfiguration',
    retry: 'never',
  });
}

function withoutLogin(secret: SecretObject): SecretObject {
  const keep = (data: unknown) =>
    Object.fromEntries(
      Object.entries(data ?? {}).filter(
        ([key]) => !['username', 'password', 'bearerToken', 'identity', 'known_hosts'].includes(key),
      ),
    );
  return { ...secret, data: keep(secret.data), stringData: keep(secret.stringData) };
}

/** A proxy as a URL with its login, which git and ssh get by the environment alone. */
function formatProxy({ address, username, password = new Secret('') }: ProxyAccess): string {
  const url = new URL(address);
  if (username !== undefined) {
    url.username = encodeURIComponent(username);
    url.password = encodeURIComponent(password.reveal());
  }
  return url.href.replace(/\/$/, '');
}
