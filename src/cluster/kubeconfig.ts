import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { newClusters, newContexts, newUsers } from '@kubernetes/client-node/dist/config_types.js';
import { LineCounter, parse, YAMLParseError } from 'yaml';
import { type AccountToken, errorMessage } from '../core/index.ts';
import { ClusterError } from './error.ts';
import { resolveContext } from './resolve-context.ts';

/**
 * Where a cluster's address and credentials come from. `tenantYaml` is a kubeconfig that somebody else wrote (a Secret): only
 * inline values are accepted there, no file, no exec, no auth provider, no skipped TLS check.
 */
export type KubeconfigSource =
  | { readonly path: string }
  | { readonly yaml: string }
  | { readonly tenantYaml: string }
  | 'in-cluster';

/** One context of a kubeconfig, resolved: PEM texts instead of files, absolute paths for what is read again later. */
export interface Connection {
  /** `https://host:port` with an optional path, no trailing slash. */
  readonly server: string;
  readonly ca?: string;
  readonly tlsServerName?: string;
  readonly skipTlsVerify: boolean;
  readonly proxyUrl?: string;
  readonly user: ConnectionUser;
}

export interface ConnectionUser {
  readonly name: string;
  readonly certificate?: { readonly cert: string; readonly key: string };
  readonly token?: string;
  /** Read again regularly: projected tokens rotate. Wins over `token`. */
  readonly tokenFile?: string;
  /** Asked for a token whenever the last one has run out. Wins over all others. */
  readonly tokenSource?: () => Promise<AccountToken>;
  readonly basic?: { readonly username: string; readonly password: string };
  /** The kubeconfig's `exec` as it stands there. */
  readonly exec?: Readonly<Record<string, unknown>>;
  readonly authProvider?: { readonly name: string; readonly config?: Record<string, unknown> };
  readonly impersonateUser?: string;
}

/** A server that is proven by its authority, and to which tokens are brought. Throws `KUBECONFIG_INVALID` for what is no https URL. */
export function connectionTo({
  server,
  ca,
  token,
}: {
  readonly server: string;
  readonly ca: string | null;
  readonly token: () => Promise<AccountToken>;
}): Connection {
  const url = URL.canParse(server) ? new URL(server) : null;
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '')
    throw new ClusterError('KUBECONFIG_INVALID', 'the address of a cluster has to be an https URL without a user');
  return {
    server: `${url.origin}${url.pathname.replace(/\/+$/, '')}`,
    ...(ca === null ? {} : { ca }),
    skipTlsVerify: false,
    user: { name: 'token', tokenSource: token },
  };
}

export type ClientCluster = ReturnType<typeof newClusters>[number];
export type ClientUser = ReturnType<typeof newUsers>[number];

/** A kubeconfig's lists, before a context is chosen. */
export interface ParsedKubeconfig {
  readonly clusters: readonly ClientCluster[];
  readonly users: readonly ClientUser[];
  readonly tokenFiles: ReadonlyMap<string, string>;
  readonly contexts: readonly { name: string; cluster: string; user: string }[];
  readonly currentContext: string | undefined;
  /** Relative files are relative to the kubeconfig's folder. */
  readonly folder: string;
}

/** Reads a kubeconfig and resolves `context` (default: its current one). Throws `KUBECONFIG_INVALID`. */
export function loadKubeconfig(source: Exclude<KubeconfigSource, 'in-cluster'>, context?: string): Connection {
  const origin = 'path' in source ? source.path : 'the given kubeconfig';
  try {
    const text = 'path' in source ? readFileSync(source.path, 'utf8') : 'yaml' in source ? source.yaml : source.tenantYaml;
    const kubeconfig = parseKubeconfig(text, 'path' in source ? dirname(source.path) : process.cwd());
    const connection =
      'tenantYaml' in source ? resolveContext(onlyInline(kubeconfig), context) : resolveContext(kubeconfig, context);
    return connection;
  } catch (error) {
    throw new ClusterError('KUBECONFIG_INVALID', `reading ${origin}: ${errorMessage(error)}`, { cause: error });
  }
}

/** The library's own words may quote a token; its search for equal keys is quadratic. */
function parseYaml(text: string): unknown {
  const lines = new LineCounter();
  try {
    return parse(text, { uniqueKeys: false, logLevel: 'error', prettyErrors: false, lineCounter: lines });
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw new Error('it is not valid YAML');
    throw new Error(`it is not valid YAML: line ${lines.linePos(error.pos[0]).line}`);
  }
}

function parseKubeconfig(text: string, folder: string): ParsedKubeconfig {
  const document = parseYaml(text);
  if (typeof document !== 'object' || document === null || Array.isArray(document)) throw new Error('it is not a YAML mapping');
  const { clusters, users, contexts, 'current-context': currentContext } = document as Record<string, unknown>;
  return {
    clusters: newClusters(clusters),
    users: newUsers(withoutTokenFiles(users)),
    tokenFiles: tokenFilesOf(users),
    contexts: newContexts(contexts),
    currentContext: typeof currentContext === 'string' ? currentContext : undefined,
    folder,
  };
}

type RawUser = { name?: unknown; user?: Record<string, unknown> | null };

// The library reads the file once and for all; ours is read again, since projected tokens rotate.
function withoutTokenFiles(users: unknown): unknown {
  if (!Array.isArray(users)) return users;
  return users.map((entry: RawUser) => {
    if (typeof entry?.user !== 'object' || entry.user === null) return entry;
    const { tokenFile: _file, 'token-file': _old, ...user } = entry.user;
    return { ...entry, user };
  });
}

function tokenFilesOf(users: unknown): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of Array.isArray(users) ? (users as RawUser[]) : []) {
    const file = entry?.user?.['tokenFile'] ?? entry?.user?.['token-file'];
    if (typeof file === 'string' && typeof entry.name === 'string') files.set(entry.name, file);
  }
  return files;
}

function onlyInline(kubeconfig: ParsedKubeconfig): ParsedKubeconfig {
  for (const { name, caFile, skipTLSVerify } of kubeconfig.clusters) {
    if (caFile) throw new Error(`cluster '${name}': only certificate-authority-data is accepted here, not a file`);
    if (skipTLSVerify) throw new Error(`cluster '${name}': insecure-skip-tls-verify is not accepted here`);
  }
  for (const user of kubeconfig.users) {
    const refused = ['exec', 'authProvider', 'certFile', 'keyFile', 'impersonateUser'].find((field) =>
      Boolean(user[field as keyof ClientUser]),
    );
    if (refused !== undefined || kubeconfig.tokenFiles.has(user.name))
      throw new Error(`user '${user.name}': only an inline token, certificate and key, or basic authentication is accepted here`);
  }
  return kubeconfig;
}
