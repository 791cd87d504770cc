import { type AccountToken, type NamespacedName, parseTime, type TokenOptions } from '../core/index.ts';
import { ClusterError } from './error.ts';
import { objectPath } from './resource-path.ts';
import type { Transport } from './transport.ts';

const serviceAccounts = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  resource: 'serviceaccounts',
  namespaced: true,
  verbs: [],
};
const hourSeconds = 3600;

/** A token by the TokenRequest API; the answer of a server that gives none is SERVER_ERROR. */
export async function createToken(
  transport: Transport,
  { namespace, name }: NamespacedName,
  { audiences, lifetimeSeconds = hourSeconds, signal }: TokenOptions,
): Promise<AccountToken> {
  const account = { group: '', version: 'v1', kind: 'ServiceAccount', namespace, name };
  const path = objectPath(serviceAccounts, account, 'token');
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences, expirationSeconds: lifetimeSeconds },
  };
  const answer = await transport.send({ method: 'POST', path, body, ...(signal === undefined ? {} : { signal }) });
  const { status } = answer as { status?: { token?: string; expirationTimestamp?: string } };
  const expiresAt = parseTime(status?.expirationTimestamp ?? '');
  if (status?.token === undefined || expiresAt === null)
    throw new ClusterError('SERVER_ERROR', `POST ${transport.server}${path}: the server's answer carries no token`);
  return { token: status.token, expiresAt };
}
