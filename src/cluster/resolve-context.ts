import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { ClientCluster, ClientUser, Connection, ConnectionUser, ParsedKubeconfig } from './kubeconfig.ts';

/** The server and user of a context (default: the current one). Throws an Error that says what is missing. */
export function resolveContext(kubeconfig: ParsedKubeconfig, asked: string | undefined): Connection {
  const name = asked ?? kubeconfig.currentContext;
  if (!name) throw new Error('it has no current-context; name one');
  const context = kubeconfig.contexts.find((candidate) => candidate.name === name);
  if (context === undefined) throw new Error(`it has no context '${name}'`);
  const cluster = kubeconfig.clusters.find((candidate) => candidate.name === context.cluster);
  if (cluster === undefined) throw new Error(`context '${name}' names the cluster '${context.cluster}', which is not there`);
  const user = kubeconfig.users.find((candidate) => candidate.name === context.user);
  if (user === undefined && context.user)
    throw new Error(`context '${name}' names the user '${context.user}', which is not there`);
  return { ...resolveCluster(cluster, kubeconfig.folder), user: user ? resolveUser(user, kubeconfig) : { name: '' } };
}

function resolveCluster(cluster: ClientCluster, folder: string): Omit<Connection, 'user'> {
  const url = new URL(cluster.server);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new Error(`the server's scheme is ${url.protocol}`);
  if (url.username !== '' || url.password !== '') throw new Error('the server’s URL carries user information');
  const ca = pemOf(cluster.caFile, cluster.caData, folder);
  return {
    server: `${url.origin}${url.pathname.replace(/\/+$/, '')}`,
    skipTlsVerify: cluster.skipTLSVerify,
    ...(ca === undefined ? {} : { ca }),
    ...(cluster.tlsServerName ? { tlsServerName: cluster.tlsServerName } : {}),
    ...(cluster.proxyUrl ? { proxyUrl: cluster.proxyUrl } : {}),
  };
}

function resolveUser(user: ClientUser, { folder, tokenFiles }: ParsedKubeconfig): ConnectionUser {
  const cert = pemOf(user.certFile, user.certData, folder);
  const key = pemOf(user.keyFile, user.keyData, folder);
  if ((cert === undefined) !== (key === undefined))
    throw new Error(`user '${user.name}' has a client certificate without its key, or a key alone`);
  const tokenFile = tokenFiles.get(user.name);
  return {
    name: user.name,
    ...(cert !== undefined && key !== undefined ? { certificate: { cert, key } } : {}),
    ...(user.token ? { token: user.token } : {}),
    ...(tokenFile === undefined ? {} : { tokenFile: absolute(tokenFile, folder) }),
    ...(user.username ? { basic: { username: user.username, password: user.password ?? '' } } : {}),
    ...(user.exec ? { exec: resolveExec(user.exec, folder) } : {}),
    ...(user.authProvider ? { authProvider: user.authProvider } : {}),
    ...(user.impersonateUser ? { impersonateUser: user.impersonateUser } : {}),
  };
}

// client-go: a command with a separator in it is relative to the kubeconfig; a bare one is found on PATH.
function resolveExec(exec: Record<string, unknown>, folder: string): Record<string, unknown> {
  const { command } = exec;
  return typeof command === 'string' && command.includes('/') ? { ...exec, command: absolute(command, folder) } : exec;
}

// client-go: inline data wins over a file of the same meaning.
function pemOf(file: string | undefined, base64: string | undefined, folder: string): string | undefined {
  if (base64) return Buffer.from(base64, 'base64').toString('utf8');
  return file ? readFileSync(absolute(file, folder), 'utf8') : undefined;
}

function absolute(path: string, folder: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}
