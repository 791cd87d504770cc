import { createHash } from 'node:crypto';
import { errorMessage, Secret } from '../core/index.ts';
import { AuthError } from './error.ts';
import { describeSecret, readSecretData, type SecretObject } from './secret-data.ts';
import { createTenantFetch, type TenantRoute } from './tenant-fetch.ts';
import { readTls } from './tls-from-secret.ts';
import type { IssuedToken } from './token-cache.ts';

/** A GitHub App as a Secret describes it. */
export interface GitHubApp {
  readonly appId: string;
  readonly privateKey: Secret;
  /** One of the two says where it is installed. */
  readonly installationId: string | undefined;
  readonly owner: string | undefined;
  readonly baseUrl: string;
  readonly ca: string | undefined;
}

const publicApi = 'https://api.github.com';

/** Whether the Secret holds keys of a GitHub App. */
export function hasGitHubApp(secret: SecretObject): boolean {
  const data = readSecretData(secret);
  return ['githubAppID', 'githubAppInstallationID', 'githubAppInstallationOwner', 'githubAppPrivateKey'].some(
    (key) => data.text(key) !== undefined,
  );
}

/** Reads Flux's keys: `githubAppID`, `githubAppPrivateKey`, `githubAppInstallationID` or `githubAppInstallationOwner`, `githubAppBaseURL`, `ca.crt`. */
export function gitHubAppFromSecret(secret: SecretObject): GitHubApp {
  const data = readSecretData(secret);
  const need = (key: string) => {
    const value = data.text(key)?.trim();
    if (value !== undefined && value !== '') return value;
    throw new AuthError('INVALID_SECRET', `${describeSecret(secret)}: key '${key}' not found`);
  };
  const [installationId, owner] = [data.text('githubAppInstallationID')?.trim(), data.text('githubAppInstallationOwner')?.trim()];
  if ((installationId === undefined) === (owner === undefined))
    throw new AuthError(
      'INVALID_SECRET',
      `${describeSecret(secret)} must contain exactly one of 'githubAppInstallationOwner' or 'githubAppInstallationID'`,
    );
  const baseUrl = data.text('githubAppBaseURL')?.trim().replace(/\/+$/, '') ?? publicApi;
  if (!/^https?:$/.test(URL.parse(baseUrl)?.protocol ?? ''))
    throw new AuthError('INVALID_SECRET', `${describeSecret(secret)}: 'githubAppBaseURL' is not an http or https URL`);
  const app = { appId: need('githubAppID'), privateKey: new Secret(need('githubAppPrivateKey')), baseUrl };
  return { ...app, installationId, owner, ca: readTls(secret).ca };
}

/** What the tokens of an app are kept by: nobody gets one without the private key. */
export function gitHubAppKey({ appId, privateKey, installationId, owner, baseUrl, ca }: GitHubApp): string {
  const parts = [appId, privateKey.reveal(), installationId ?? '', owner ?? '', baseUrl, ca ?? ''];
  return `github:${createHash('sha256').update(JSON.stringify(parts)).digest('hex')}`;
}

/** Asks GitHub for an installation's token. Throws LOGIN_FAILED with what it answered. */
export async function issueGitHubToken(app: GitHubApp, route: Omit<TenantRoute, 'ca'>): Promise<IssuedToken> {
  const [{ Octokit }, { createAppAuth }] = await Promise.all([import('@octokit/rest'), import('@octokit/auth-app')]);
  const { appId, baseUrl } = app;
  const fetch = await createTenantFetch({ ...route, ...(app.ca === undefined ? {} : { ca: app.ca }) });
  const octokit = new Octokit({
    authStrategy: createAppAuth,
    auth: { appId, privateKey: app.privateKey.reveal() },
    baseUrl,
    request: { fetch },
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  try {
    const installationId = app.installationId ?? (await findInstallation(octokit, app.owner ?? ''));
    const issued = (await octokit.auth({ type: 'installation', installationId: Number(installationId), refresh: true })) as {
      token: string;
      expiresAt: string;
    };
    return { token: new Secret(issued.token), expiresAt: Date.parse(issued.expiresAt) };
  } catch (cause) {
    const text = errorMessage(cause).slice(0, 500);
    throw new AuthError('LOGIN_FAILED', `getting a token for GitHub App ${appId} at ${new URL(baseUrl).host}: ${text}`, {
      cause,
    });
  }
}

interface Requester {
  request(route: string, parameters: Readonly<Record<string, string>>): Promise<{ readonly data: unknown }>;
}

async function findInstallation(octokit: Requester, owner: string): Promise<number> {
  const ask = async (route: string, parameters: Readonly<Record<string, string>>) =>
    ((await octokit.request(route, parameters)).data as { id: number }).id;
  try {
    return await ask('GET /orgs/{org}/installation', { org: owner });
  } catch (error) {
    if ((error as { status?: unknown }).status !== 404) throw error;
    return ask('GET /users/{username}/installation', { username: owner });
  }
}
