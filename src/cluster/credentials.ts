import { readFile } from 'node:fs/promises';
import { ExecAuth } from '@kubernetes/client-node/dist/exec_auth.js';
import { type AccountToken, type Clock, errorMessage, type Instant } from '../core/index.ts';
import { ClusterError } from './error.ts';
import type { Connection, ConnectionUser } from './kubeconfig.ts';

/** How the next request proves who we are. */
export interface RequestCredentials {
  /** The Authorization header, if any. */
  readonly authorization?: string;
  readonly certificate?: { readonly cert: string; readonly key: string };
}

export interface Credentials {
  /** Cheap when nothing expired; callers ask before every request. Throws `CREDENTIALS_UNAVAILABLE`. */
  current(): Promise<RequestCredentials>;
  /** The server refused the current ones: the next `current()` obtains them anew. True if that can make a difference. */
  renew(): boolean;
}

/** The same period as client-go's. */
const tokenFileMaxAgeMs = 60_000;

/** The credentials of a kubeconfig's user: token file, exec plugin, OIDC, or the fixed ones. */
export function createCredentials(connection: Connection, clock: Clock): Credentials {
  const { user } = connection;
  if (user.tokenSource !== undefined) return createSourcedCredentials(user.tokenSource, clock);
  if (user.exec !== undefined) return createExecCredentials(connection);
  if (user.authProvider !== undefined) return createProviderCredentials(user);
  if (user.tokenFile !== undefined) return createTokenFileCredentials(user.tokenFile, user, clock);
  const fixed: RequestCredentials = { ...fixedAuthorization(user), ...certificateOf(user) };
  return { current: async () => fixed, renew: () => false };
}

function fixedAuthorization({ token, basic }: ConnectionUser): RequestCredentials {
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  if (basic === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}` };
}

function certificateOf({ certificate }: ConnectionUser): RequestCredentials {
  return certificate === undefined ? {} : { certificate };
}

function createTokenFileCredentials(file: string, user: ConnectionUser, clock: Clock): Credentials {
  let read: { readonly authorization: string; readonly at: Instant } | null = null;
  return {
    async current() {
      if (read === null || clock.now() - read.at >= tokenFileMaxAgeMs)
        read = { authorization: `Bearer ${await readToken(file)}`, at: clock.now() };
      return { authorization: read.authorization, ...certificateOf(user) };
    },
    renew() {
      read = null;
      return true;
    },
  };
}

/** A token is asked for anew while a tenth of an hour is left, as clocks differ and requests take time. */
const renewAheadMs = 6 * 60_000;

function createSourcedCredentials(source: () => Promise<AccountToken>, clock: Clock): Credentials {
  let token: Promise<AccountToken> | null = null;
  return {
    async current() {
      const known = await token?.catch(() => null);
      if (known == null || known.expiresAt - clock.now() < renewAheadMs) token = source();
      const { token: value } = await (token as Promise<AccountToken>);
      return { authorization: `Bearer ${value}` };
    },
    renew() {
      token = null;
      return true;
    },
  };
}

async function readToken(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new ClusterError('CREDENTIALS_UNAVAILABLE', `reading the token file ${file}: ${errorMessage(error)}`, { cause: error });
  }
}

function createExecCredentials({ server, ca, user }: Connection): Credentials {
  const exec = withExecInfo(user.exec ?? {}, server, ca);
  let plugin = new ExecAuth();
  let running: Promise<RequestCredentials> | null = null; // one process, however many requests wait for it
  return {
    current() {
      running ??= askPlugin(plugin, { name: user.name, exec }).finally(() => {
        running = null;
      });
      return running;
    },
    renew() {
      plugin = new ExecAuth(); // its cache of the token goes with it
      running = null;
      return true;
    },
  };
}

async function askPlugin(plugin: ExecAuth, user: { name: string; exec: Record<string, unknown> }): Promise<RequestCredentials> {
  const options: { headers: Record<string, string>; cert?: string; key?: string } = { headers: {} };
  try {
    await plugin.applyAuthentication(user, options);
  } catch (error) {
    const command = String(user.exec['command']);
    throw new ClusterError('CREDENTIALS_UNAVAILABLE', `the kubeconfig's exec plugin ${command} failed: ${errorMessage(error)}`, {
      cause: error,
    });
  }
  const { cert, key, headers } = options;
  const authorization = headers['Authorization'];
  return {
    ...(authorization === undefined ? {} : { authorization }),
    ...(cert !== undefined && key !== undefined ? { certificate: { cert, key } } : {}),
  };
}

// Plugins learn from KUBERNETES_EXEC_INFO which version of the answer is wanted; the library does not set it.
function withExecInfo(exec: Readonly<Record<string, unknown>>, server: string, ca: string | undefined): Record<string, unknown> {
  const cluster =
    exec['provideClusterInfo'] === true
      ? { cluster: { server, ...(ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }) } }
      : {};
  const info = { apiVersion: exec['apiVersion'], kind: 'ExecCredential', spec: { interactive: false, ...cluster } };
  const env = Array.isArray(exec['env']) ? exec['env'] : [];
  return { ...exec, env: [...env, { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }] };
}

function createProviderCredentials(user: ConnectionUser): Credentials {
  const provider = user.authProvider;
  if (provider?.name !== 'oidc')
    throw new ClusterError(
      'UNSUPPORTED',
      `the kubeconfig's auth-provider '${provider?.name}' is not spoken here; use exec or a token`,
      {
        retry: 'never',
      },
    );
  return {
    async current() {
      // Loaded only when somebody uses it: it pulls in the whole library.
      const { OpenIDConnectAuth } = await import('@kubernetes/client-node/dist/oidc_auth.js');
      const options: { headers: Record<string, string> } = { headers: {} };
      await new OpenIDConnectAuth().applyAuthentication({ name: user.name, authProvider: provider }, options);
      const authorization = options.headers['Authorization'];
      return authorization === undefined ? {} : { authorization };
    },
    renew: () => false,
  };
}
