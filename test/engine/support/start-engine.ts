import type { Condition } from '../../../src/api/index.ts';
import { type KubeObject, type Reconciler, type Report, type StepContext, silentLog } from '../../../src/core/index.ts';
import {
  createEventRecorder,
  Engine,
  type EngineOptions,
  type FinishedRun,
  type Registration,
} from '../../../src/engine/index.ts';
import { createMemoryCluster, type MemoryCluster } from './memory-cluster.ts';
import { createStoppedClock, type StoppedClock, settle } from './stopped-clock.ts';

export const kind = { group: 'test.example.com', version: 'v1', kind: 'Thing' };

type Steps = Partial<Reconciler<KubeObject, null, { do: string; because: string }, null, string>>;
/** What one run does: a report, or an error. */
type Run = (resource: KubeObject, context: StepContext) => Promise<Report> | Report;

export interface EngineUnderTest extends AsyncDisposable {
  readonly engine: Engine;
  readonly cluster: MemoryCluster;
  readonly clock: StoppedClock;
  readonly finished: readonly FinishedRun[];
  /** The next runs, in order; the last one goes on for ever. */
  runs(...next: readonly Run[]): void;
  condition(name: string, type: string): Condition | undefined;
  status(name: string): Record<string, unknown>;
  /** How many runs an object had. */
  count(name: string): number;
}

export const done: Report = {
  ready: { status: 'True', reason: 'Succeeded', message: 'all is well' },
  outcome: 'done',
  next: { afterMs: 3_600_000 },
};

interface ThingDifference {
  readonly metadata?: Partial<KubeObject['metadata']>;
  readonly spec?: object;
  readonly status?: object;
}

export function thing(name: string, more: ThingDifference = {}): KubeObject {
  const { metadata, ...fields } = more;
  return {
    apiVersion: 'test.example.com/v1',
    kind: 'Thing',
    metadata: { name, namespace: 'default', finalizers: ['finalizers.fluxcd.io'], ...metadata },
    spec: {},
    status: { observedGeneration: -1 },
    ...fields,
  };
}

/** An engine with one kind, on an API in memory and a clock that stands; jitter takes nothing away. */
export async function startEngine(
  objects: readonly KubeObject[],
  options: { steps?: Steps; registration?: Partial<Registration>; engine?: Partial<EngineOptions> } = {},
): Promise<EngineUnderTest> {
  const cluster = createMemoryCluster();
  const clock = createStoppedClock(Date.parse('2030-01-01T00:00:00Z'));
  const finished: FinishedRun[] = [];
  let queue: Run[] = [() => done];
  const recorder = (component: string) => createEventRecorder({ cluster, component, clock, log: silentLog });
  const engine = new Engine({
    ...{ cluster, clock, log: silentLog, recorderFor: recorder, random: () => 0 },
    onFinished: (run) => void finished.push(run),
    ...options.engine,
  });
  const reports = new WeakMap<KubeObject, Report>();
  engine.register<KubeObject, null, { do: string; because: string }, null, string>(
    {
      kind,
      observe: async () => null,
      decide: () => ({ do: 'run', because: 'the test says so' }),
      async act(_plan, resource, context) {
        const run = (queue.length > 1 ? queue.shift() : queue[0]) ?? (() => done);
        reports.set(resource, await run(resource, context));
        return null;
      },
      report: (resource) => reports.get(resource) ?? done,
      ...options.steps,
    },
    { component: 'test-controller', statusManager: 'test-controller', ...options.registration },
  );
  for (const object of objects) cluster.put(object);
  const status = (name: string) => cluster.find(name)['status'] as Record<string, unknown>;
  return {
    engine,
    cluster,
    clock,
    finished,
    status,
    runs: (...next) => {
      queue = [...next];
    },
    condition: (name, type) => (status(name)['conditions'] as Condition[] | undefined)?.find((one) => one.type === type),
    count: (name) => finished.filter(({ key }) => key === `default/${name}`).length,
    async [Symbol.asyncDispose]() {
      await engine.stop();
      await settle();
    },
  };
}

export async function start(test: EngineUnderTest): Promise<void> {
  await test.engine.start();
  await settle();
}
