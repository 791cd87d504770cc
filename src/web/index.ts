export { createMetrics, type MetricSources, type Metrics } from './metrics.ts';
export { type HealthServer, serveHealth } from './serve-health.ts';
