import type { Instant, KubeObject, ObjectRef } from '../core/index.ts';
import { LeaseError } from './error.ts';

/** What a Lease says about who holds it; times are the writer's and only ever compared for equality. */
export interface LeaseRecord {
  /** Empty once its holder has let go of it. */
  readonly holder: string;
  readonly durationMs: number;
  /** RFC 3339 with microseconds. */
  readonly acquireTime: string;
  readonly renewTime: string;
  /** How often it went from one holder to another. */
  readonly transitions: number;
}

export function leaseRef(namespace: string, name: string): ObjectRef {
  return { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', namespace, name };
}

/** Fields that are missing count as a Lease that nobody ever held. Throws `LEASE_UNREADABLE` for one that cannot be obeyed. */
export function parseLease(lease: KubeObject): LeaseRecord {
  const spec = (lease['spec'] ?? {}) as Readonly<Record<string, unknown>>;
  const text = (field: string) => (typeof spec[field] === 'string' ? spec[field] : '');
  const number = (field: string) => (typeof spec[field] === 'number' ? spec[field] : 0);
  const record = { holder: text('holderIdentity'), durationMs: number('leaseDurationSeconds') * 1000 };
  if (record.holder !== '' && !(record.durationMs > 0)) {
    const { namespace, name } = lease.metadata;
    const message = `Lease ${namespace}/${name} is held by ${record.holder} for no stated time; delete it if that process is gone`;
    throw new LeaseError('LEASE_UNREADABLE', message);
  }
  return {
    ...record,
    acquireTime: text('acquireTime'),
    renewTime: text('renewTime'),
    transitions: number('leaseTransitions'),
  };
}

/** `spec` of a Lease. */
export function renderLease(record: LeaseRecord): Record<string, unknown> {
  return {
    holderIdentity: record.holder,
    leaseDurationSeconds: Math.max(1, Math.ceil(record.durationMs / 1000)),
    acquireTime: record.acquireTime,
    renewTime: record.renewTime,
    leaseTransitions: record.transitions,
  };
}

/** The form in which Kubernetes writes a MicroTime. */
export function formatMicroTime(instant: Instant): string {
  return `${new Date(instant).toISOString().slice(0, -1)}000Z`;
}
