import { Counter, collectDefaultMetrics, exponentialBuckets, Gauge, Histogram, Registry } from 'prom-client';
import type { KubeObject } from '../core/index.ts';
import { addObjectGauges } from './object-metrics.ts';

/** The counters of one process, under Flux's names where it has them. */
export interface Metrics {
  /** An answer to a webhook. */
  observeWebhook(status: number): void;
  observeRun(run: { kind: string; key: string; result: string; durationMs: number }): void;
  /** What became of a bump, and how long its steps took. */
  observeRollout(progress: {
    namespace: string;
    outcomes: readonly string[];
    hops: readonly { hop: string; seconds: number }[];
  }): void;
  /** A request to a Kubernetes API. */
  observeApiRequest(request: { method: string; host: string; code: string }): void;
  /** A request to a registry. */
  observeRegistryRequest(request: { registry: string; code: string }): void;
  /** The exposition text of Prometheus, and its content type. */
  expose(): Promise<{ contentType: string; text: string }>;
}

/** What the metrics ask at each exposition. */
export interface MetricSources {
  depths(): { kind: string; waiting: number; running: number }[];
  /** Every object that is served. */
  objects(): Iterable<KubeObject>;
  /** Whether there is memory to spare; absent = there always is. */
  hasRoom?(): boolean;
  /** How far the API server's clock is ahead of ours; absent or null where that is not known. */
  clockDifferenceSeconds?(): number | null;
  /** The Leases of this process; none where it needs none. */
  leases?(): readonly { name: string; held: boolean; holder: string }[];
}

export function createMetrics({
  depths,
  objects,
  leases = () => [],
  clockDifferenceSeconds = () => null,
  hasRoom = () => true,
}: MetricSources): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const durations = new Histogram({
    name: 'gotk_reconcile_duration_seconds',
    help: 'How long a reconcile of an object took.',
    labelNames: ['kind', 'namespace', 'name'],
    // From 10 ms to half an hour, as Flux's, so that its dashboards read the same.
    buckets: exponentialBuckets(0.01, 180_000 ** (1 / 9), 10),
    registers: [register],
  });
  const runs = new Counter({
    name: 'tagalong_reconcile_total',
    help: 'Finished reconciles by kind and result.',
    labelNames: ['kind', 'result'],
    registers: [register],
  });
  const runsByController = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Finished reconciles by controller and result, under the name and results that every Kubernetes controller has.',
    labelNames: ['controller', 'result'],
    registers: [register],
  });
  const rollouts = new Counter({
    name: 'tagalong_rollouts_total',
    help: 'Bumps that landed, by what became of them.',
    labelNames: ['namespace', 'outcome'],
    registers: [register],
  });
  const hops = new Histogram({
    name: 'tagalong_rollout_hop_seconds',
    help: 'How long each step of a bump took.',
    labelNames: ['hop'],
    // From half a second to two days: pods start in seconds, windows and soaks take days.
    buckets: exponentialBuckets(0.5, 3, 12),
    registers: [register],
  });
  new Gauge({
    name: 'tagalong_queue_depth',
    help: 'Objects that wait or run.',
    labelNames: ['kind', 'state'],
    registers: [register],
    collect() {
      for (const { kind, waiting, running } of depths()) {
        this.set({ kind, state: 'waiting' }, waiting);
        this.set({ kind, state: 'running' }, running);
      }
    },
  });
  new Gauge({
    name: 'tagalong_memory_short',
    help: '1 while memory is short and objects run one at a time.',
    registers: [register],
    collect() {
      this.set(hasRoom() ? 0 : 1);
    },
  });
  addLeaseGauges(register, leases);
  addClockGauge(register, clockDifferenceSeconds);
  addObjectGauges(register, objects);
  const webhooks = new Counter({
    name: 'tagalong_webhook_calls_total',
    help: 'Answered webhooks by status code.',
    labelNames: ['code'],
    registers: [register],
  });
  const apiRequests = new Counter({
    name: 'rest_client_requests_total',
    help: 'Requests to Kubernetes APIs, under the name and labels that every Kubernetes controller has.',
    labelNames: ['code', 'method', 'host'],
    registers: [register],
  });
  const registryRequests = new Counter({
    name: 'tagalong_registry_requests_total',
    help: 'Requests to registries by status code; <error> where there was no answer.',
    labelNames: ['registry', 'code'],
    registers: [register],
  });
  return {
    observeApiRequest: ({ code, method, host }) => apiRequests.inc({ code, method, host }),
    observeRegistryRequest: (request) => registryRequests.inc(request),
    observeWebhook: (status) => webhooks.inc({ code: String(status) }),
    observeRun({ kind, key, result, durationMs }) {
      const [namespace = '', name = ''] = key.split('/');
      durations.observe({ kind, namespace, name }, durationMs / 1000);
      runs.inc({ kind, result });
      runsByController.inc({ controller: kind.toLowerCase(), result: result === 'failed' ? 'error' : 'success' });
    },
    observeRollout({ namespace, outcomes, hops: taken }) {
      for (const outcome of outcomes) rollouts.inc({ namespace, outcome });
      for (const { hop, seconds } of taken) hops.observe({ hop: hop.replaceAll(' ', '_') }, seconds);
    },
    expose: async () => ({ contentType: register.contentType, text: await register.metrics() }),
  };
}

/** The first has the name and the label of every Kubernetes controller. */
function addLeaseGauges(register: Registry, leases: NonNullable<MetricSources['leases']>): void {
  new Gauge({
    name: 'leader_election_master_status',
    help: '1 where this process holds the Lease, 0 where it waits for it.',
    labelNames: ['name'],
    registers: [register],
    collect() {
      for (const { name, held } of leases()) this.set({ name }, held ? 1 : 0);
    },
  });
  new Gauge({
    name: 'tagalong_lease_holder_info',
    help: 'Who holds a Lease, as this process last saw it.',
    labelNames: ['name', 'holder'],
    registers: [register],
    collect() {
      this.reset();
      for (const { name, holder } of leases()) if (holder !== '') this.set({ name, holder }, 1);
    },
  });
}

function addClockGauge(register: Registry, clockDifferenceSeconds: () => number | null): void {
  new Gauge({
    name: 'tagalong_clock_difference_seconds',
    help: 'How far the clock of the Kubernetes API is ahead of the one of this process.',
    registers: [register],
    collect() {
      const seconds = clockDifferenceSeconds();
      if (seconds === null) this.remove();
      else this.set(seconds);
    },
  });
}
