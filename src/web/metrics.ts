import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** The counters of one process, under Flux's names where it has them. */
export interface Metrics {
  observeRun(run: { kind: string; key: string; result: string; durationMs: number }): void;
  /** The exposition text of Prometheus, and its content type. */
  expose(): Promise<{ contentType: string; text: string }>;
}

/** `depths` is asked at each exposition. */
export function createMetrics(depths: () => { kind: string; waiting: number; running: number }[]): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const durations = new Histogram({
    name: 'gotk_reconcile_duration_seconds',
    help: 'How long a reconcile of an object took.',
    labelNames: ['kind', 'namespace', 'name'],
    registers: [register],
  });
  const runs = new Counter({
    name: 'tagalong_reconcile_total',
    help: 'Finished reconciles by kind and result.',
    labelNames: ['kind', 'result'],
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
  return {
    observeRun({ kind, key, result, durationMs }) {
      const [namespace = '', name = ''] = key.split('/');
      durations.observe({ kind, namespace, name }, durationMs / 1000);
      runs.inc({ kind, result });
    },
    expose: async () => ({ contentType: register.contentType, text: await register.metrics() }),
  };
}
