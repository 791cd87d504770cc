import type { Cluster, GroupVersionKind } from '../core/index.ts';

/**
 * One cluster made of two: kinds whose group `isHome` accepts live in `home`, all others in `away`. For a process whose own resources
 * are kept in the embedded control plane while the workloads go to a real cluster.
 */
export function routeByGroup(home: Cluster, away: Cluster, isHome: (group: string) => boolean): Cluster {
  const of = ({ group }: Pick<GroupVersionKind, 'group'>) => (isHome(group) ? home : away);
  const ofObject = ({ apiVersion }: { apiVersion: string }) =>
    of({ group: apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '' });
  return {
    server: away.server,
    resource: (kind) => of(kind).resource(kind),
    get: (ref, signal) => of(ref).get(ref, signal),
    list: (kind, options) => of(kind).list(kind, options),
    watch: (kind, options, observer) => of(kind).watch(kind, options, observer),
    create: (object, options) => ofObject(object).create(object, options),
    apply: (object, options) => ofObject(object).apply(object, options),
    patch: (ref, body, options) => of(ref).patch(ref, body, options),
    delete: (ref, options) => of(ref).delete(ref, options),
    createToken: (account, options) => home.createToken(account, options),
    impersonate: (user) => routeByGroup(home, away.impersonate(user), isHome),
    close: async () => void (await Promise.all([home.close(), away.close()])),
  };
}
