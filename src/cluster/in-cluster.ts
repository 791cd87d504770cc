import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { errorMessage } from '../core/index.ts';
import { ClusterError } from './error.ts';
import type { Connection } from './kubeconfig.ts';

export interface InClusterEnvironment {
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  /** Where the service account is mounted. */
  readonly folder: string;
}

/** What a pod is given: address by environment variables, authority and rotating token by a mounted folder. */
export function podEnvironment(): InClusterEnvironment {
  return {
    host: process.env['KUBERNETES_SERVICE_HOST'],
    port: process.env['KUBERNETES_SERVICE_PORT'],
    folder: '/var/run/secrets/kubernetes.io/serviceaccount',
  };
}

/** The cluster this process runs in. Throws `KUBECONFIG_INVALID` outside of one. */
export function loadInCluster({ host, port, folder }: InClusterEnvironment): Connection {
  if (!host || !port)
    throw new ClusterError('KUBECONFIG_INVALID', 'not inside a cluster: KUBERNETES_SERVICE_HOST is not set; name a kubeconfig', {
      retry: 'never',
    });
  try {
    return {
      server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
      ca: readFileSync(join(folder, 'ca.crt'), 'utf8'),
      skipTlsVerify: false,
      user: { name: 'service account', tokenFile: join(folder, 'token') },
    };
  } catch (error) {
    throw new ClusterError('KUBECONFIG_INVALID', `reading the service account in ${folder}: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}
