import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Where this process runs. */
export interface RuntimePlace {
  /** Whether a pod of a cluster; the rest then is about that cluster. */
  readonly inCluster: boolean;
  /** The namespace of Leases. */
  readonly namespace: string;
  /** Its own namespace and Deployment, which it must never delete; absent where it runs outside. */
  readonly self?: { readonly namespace: string; readonly deployment?: string };
  /** Where a pod reaches the API server, if that is an address and no name. */
  readonly apiServerAddress?: string;
  /** Names this process among all that ever compete for a Lease. */
  readonly identity: string;
}

const defaultNamespace = 'flux-system';

/** Reads `RUNTIME_NAMESPACE` and `RUNTIME_DEPLOYMENT`, else the mounted service account, else Flux's default. */
export function readRuntimePlace(environment: Readonly<Record<string, string | undefined>>, accountFolder: string): RuntimePlace {
  const inCluster = Boolean(environment['KUBERNETES_SERVICE_HOST']);
  const named = environment['RUNTIME_NAMESPACE'] || (inCluster ? readNamespace(accountFolder) : null);
  const deployment = environment['RUNTIME_DEPLOYMENT'];
  const apiServerAddress = environment['KUBERNETES_SERVICE_HOST'] ?? '';
  return {
    inCluster,
    namespace: named || defaultNamespace,
    ...(named ? { self: { namespace: named, ...(deployment ? { deployment } : {}) } } : {}),
    ...(isIP(apiServerAddress) === 0 ? {} : { apiServerAddress }),
    identity: `${hostname()}_${randomUUID()}`,
  };
}

function readNamespace(folder: string): string | null {
  try {
    return readFileSync(join(folder, 'namespace'), 'utf8').trim();
  } catch {
    return null;
  }
}
