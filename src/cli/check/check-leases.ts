import { type Cluster, errorMessage, type Instant, type KubeObject } from '../../core/index.ts';
import { controllerGroups, controllersOf, parseLease } from '../../lease/index.ts';
import { formatAge } from '../format-age.ts';
import { bad, type Finding, good, note } from './finding.ts';

const leaseKind = { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease' };
const suffix = '-leader-election';

/** Who holds the Lease of each controller. Times are compared with this machine's clock, so they are news and no verdict. */
export async function checkLeases(cluster: Cluster, namespace: string, now: Instant, signal: AbortSignal): Promise<Finding[]> {
  const { items } = await cluster.list(leaseKind, { namespace, signal });
  const leases = items.filter(({ metadata }) => metadata.name.endsWith(suffix));
  const known = new Set(leases.map(({ metadata }) => metadata.name));
  const absent = controllersOf(controllerGroups)
    .map((controller) => `${controller}${suffix}`)
    .filter((name) => !known.has(name));
  return [...leases.map((lease) => describeLease(lease, now)), ...absent.map((name) => note(`${name}: nobody ever held it`))];
}

function describeLease(lease: KubeObject, now: Instant): Finding {
  const { name } = lease.metadata;
  try {
    const { holder, durationMs, renewTime } = parseLease(lease);
    if (holder === '') return note(`${name}: free, its last holder let go of it`);
    const age = now - Date.parse(renewTime);
    const renewed = `renewed ${formatAge(age)} ago`;
    return age > durationMs
      ? note(`${name}: ${holder} had it, ${renewed}, and it is over`)
      : good(`${name}: held by ${holder}, ${renewed}`);
  } catch (error) {
    return bad(errorMessage(error));
  }
}
