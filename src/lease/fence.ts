import { type Cluster, describeRef, type Gate, type KubeObject, refOf } from '../core/index.ts';
import { LeaseError } from './error.ts';

/** Throws `LEASE_NOT_HELD` unless the gate is open now. */
export function assertOpen(gate: Gate, attempted: string): void {
  if (gate.isOpen()) return;
  if (gate.closedBecause !== undefined)
    throw new LeaseError('OBSERVES_ONLY', `${attempted}: ${gate.closedBecause}`, { retry: 'never' });
  throw new LeaseError('LEASE_NOT_HELD', `${attempted}: another process may hold the Lease by now; it will go on there`);
}

/** The same API, where each write asks the gate right before it is sent. Reads pass, and so do dry runs: nothing stays of them. */
export function fenceCluster(cluster: Cluster, gate: Gate): Cluster {
  const guard = (verb: string, ref: { kind: string; namespace?: string; name: string }) =>
    assertOpen(gate, `${verb} ${describeRef(ref)}`);
  const guardObject = (verb: string, object: KubeObject) => guard(verb, refOf(object));
  return {
    server: cluster.server,
    resource: (kind) => cluster.resource(kind),
    get: (ref, signal) => cluster.get(ref, signal),
    list: (kind, options) => cluster.list(kind, options),
    watch: (kind, options, observer) => cluster.watch(kind, options, observer),
    create: async (object, options) => {
      guardObject('creating', object);
      return cluster.create(object, options);
    },
    apply: async (object, options) => {
      if (options.dryRun !== true) guardObject('applying', object);
      return cluster.apply(object, options);
    },
    patch: async (ref, body, options) => {
      if (options.dryRun !== true) guard('patching', ref);
      return cluster.patch(ref, body, options);
    },
    delete: async (ref, options) => {
      guard('deleting', ref);
      return cluster.delete(ref, options);
    },
    createToken: async (account, options) => {
      guard('asking for a token of', { kind: 'ServiceAccount', ...account });
      return cluster.createToken(account, options);
    },
    impersonate: (user) => fenceCluster(cluster.impersonate(user), gate),
    close: () => cluster.close(),
  };
}
