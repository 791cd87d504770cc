import type { Clock, Cluster, Gate, Log } from '../core/index.ts';
import { type ControllerGroup, type ControllerName, controllersOf } from './controllers.ts';
import { ElectionWatch } from './elections.ts';
import { LeaseHolder, type LeaseHolderOptions, type LeaseState } from './lease-holder.ts';
import { leaseName } from './lease-name.ts';
import { type LeaseTimes, leaseTimes } from './lease-times.ts';

export interface LeasesOptions {
  readonly cluster: Cluster;
  /** The runtime namespace: where the Flux controllers that are replaced keep their Leases. */
  readonly namespace: string;
  /** Names this process among all that ever compete. */
  readonly identity: string;
  readonly groups: readonly ControllerGroup[];
  /** The text of `--watch-label-selector`, which tells shards of one controller apart. */
  readonly shard?: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly times?: Partial<LeaseTimes>;
  /** Milliseconds of a clock that nobody sets; default: the process's own. */
  readonly steadyMs?: () => number;
}

export interface Leases {
  /** Open while the kinds of that controller may be written. */
  gateOf(controller: ControllerName): Gate;
  /** One for each Lease, the replicas' own first. */
  states(): LeaseState[];
  start(): void;
  /** Lets go of all; what they guard must have ended before. */
  release(): Promise<void>;
}

/**
 * The Leases of the controllers that this process does the work of, `<controller>-leader-election`, so that no kind has two writers:
 * neither Flux and tagalong, nor two replicas. A further Lease comes first and makes one replica the candidate for all of them,
 * since the parts of one process hand each other what the others of them made.
 */
export function createLeases(options: LeasesOptions): Leases {
  const holder = (name: string, requires?: Gate) => new LeaseHolder({ ...common(options), name, ...(requires && { requires }) });
  const leaseOf = (prefix: string) => leaseName(`${prefix}-leader-election`, options.shard);
  // Replicas of one Deployment compete, parts that run apart do not.
  const replicas = holder(leaseOf(`tagalong-${options.groups.join('-')}`));
  const held = new Map<ControllerName, LeaseHolder>();
  const elections: ElectionWatch[] = [];
  for (const controller of controllersOf(options.groups)) {
    const election = new ElectionWatch({ ...options, controller, everyMs: electionEveryMs });
    elections.push(election);
    // Kustomizations live on the artifacts that this process makes, and nobody else's.
    const requires = controller === 'kustomize-controller' ? held.get('source-controller') : replicas;
    held.set(controller, holder(leaseOf(controller), afterElection(election, requires ?? replicas)));
  }
  const all = [replicas, ...held.values()];
  return {
    gateOf: (controller) => held.get(controller) ?? closedGate,
    states: () => all.map(({ state }) => state),
    start: () => {
      for (const one of [...elections, ...all]) one.start();
    },
    // Those that depend on others first: their requirement must not look lost.
    release: async () => {
      for (const one of all.toReversed()) await one.release();
      for (const one of elections) await one.stop();
    },
  };
}

const electionEveryMs = 30_000;

/** Open while both are; says what the first found, which nothing but a person mends. */
function afterElection(election: ElectionWatch, other: Gate): Gate {
  return {
    isOpen: () => election.isOpen() && other.isOpen(),
    subscribe(listener) {
      election.subscribe((open) => listener(open && other.isOpen()));
      other.subscribe((open) => listener(open && election.isOpen()));
    },
    get closedBecause() {
      return election.isOpen() ? undefined : election.because;
    },
  };
}

const closedGate: Gate = { isOpen: () => false, subscribe() {} };

function common({ cluster, namespace, identity, clock, log, times, steadyMs }: LeasesOptions): Omit<LeaseHolderOptions, 'name'> {
  const steady = steadyMs ?? (() => performance.now());
  return { cluster, namespace, identity, clock, log, steadyMs: steady, times: { ...leaseTimes, ...times } };
}

/** Who holds what is not ours, for people: one line for each Lease. */
export function describePassive(states: readonly LeaseState[]): string[] {
  return states
    .filter(({ held }) => !held)
    .map(({ namespace, name, because }) => `passive: Lease ${namespace}/${name} is not held: ${because}`);
}
