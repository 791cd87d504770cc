import { type CheckAddress, createEgressCheck } from '../auth/index.ts';
import { connectionTo, createCluster } from '../cluster/index.ts';
import { fenceCluster } from '../lease/index.ts';
import type { ConnectRemote } from '../reconcilers/index.ts';
import { writeGateOf } from './gates.ts';
import type { AppOptions } from './options.ts';

/** The one rule about addresses that somebody else chose, for whoever sends something there. */
export function checkAddressOf({ forbiddenAddresses = [], ...options }: AppOptions): CheckAddress {
  return createEgressCheck({ allowLoopback: mayUseLoopback(options), forbidden: forbiddenAddresses });
}

/** In a pod this machine is none of its tenants' business; outside, a registry or git host beside the bot is common. */
function mayUseLoopback({ self, allowLoopback }: Pick<AppOptions, 'self' | 'allowLoopback'>): boolean {
  return allowLoopback ?? self === undefined;
}

/** Another cluster, by what somebody else wrote: fenced like our own, and never at an address that is off limits. */
export function connectRemote({ clock, log, ...options }: AppOptions): ConnectRemote {
  const gate = writeGateOf(options, 'kustomize-controller');
  const checkAddress = createEgressCheck({ allowLoopback: mayUseLoopback(options) });
  const shared = { clock, log, checkAddress, userAgent: 'tagalong', requestTimeoutMs: remoteTimeoutMs };
  return async (access) => {
    const kubeconfig = 'kubeconfig' in access ? { tenantYaml: access.kubeconfig } : connectionTo(access);
    return fenceCluster(await createCluster({ ...shared, kubeconfig }), gate);
  };
}

const remoteTimeoutMs = 30_000;
