import { Gauge, type Registry } from 'prom-client';
import { type KubeObject, nameOf } from '../core/index.ts';

interface Status {
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
  readonly lastScanResult?: { readonly tagCount?: number; readonly scanTime?: string };
  readonly guarded?: readonly { readonly reason?: string; readonly automation?: string }[];
}

/** What scans found, what is held and what waits for guards, by object, read at each exposition as the other gauges of objects are. */
export function addUpdateGauges(register: Registry, objects: () => Iterable<KubeObject>): void {
  addGauge(register, objects, {
    name: 'tagalong_image_tags',
    help: 'Tags that the last complete scan of an ImageRepository found.',
    of: { ImageRepository: ({ lastScanResult }) => lastScanResult?.tagCount },
  });
  addGauge(register, objects, {
    name: 'tagalong_last_scan_timestamp_seconds',
    help: 'When an ImageRepository was last scanned completely.',
    of: { ImageRepository: ({ lastScanResult }) => secondsOf(lastScanResult?.scanTime) },
  });
  addGauge(register, objects, {
    name: 'tagalong_holds',
    help: 'Versions that an ImageUpdateAutomation does not write since somebody took them back.',
    of: { ImageUpdateAutomation: countHolds },
  });
  addWaiting(register, objects);
}

interface NumberOf {
  readonly name: string;
  readonly help: string;
  /** By kind; nothing is told of an object without a number. */
  readonly of: Readonly<Record<string, (status: Status) => number | undefined>>;
}

function addGauge(register: Registry, objects: () => Iterable<KubeObject>, { name, help, of }: NumberOf): void {
  new Gauge({
    name,
    help,
    labelNames: ['namespace', 'name'],
    registers: [register],
    collect() {
      this.reset();
      for (const object of objects()) {
        const value = of[object.kind]?.(statusOf(object));
        if (value !== undefined) this.set({ ...nameOf(object) }, value);
      }
    },
  });
}

function addWaiting(register: Registry, objects: () => Iterable<KubeObject>): void {
  new Gauge({
    name: 'tagalong_guarded_updates',
    help: 'Bumps that an UpdateGuard keeps from landing, by reason.',
    labelNames: ['namespace', 'name', 'reason'],
    registers: [register],
    collect() {
      this.reset();
      for (const object of objects()) {
        if (object.kind !== 'UpdateGuard') continue;
        // Entries without an automation are tags that were passed over: nothing waits for them.
        for (const { reason = '', automation } of statusOf(object).guarded ?? [])
          if (automation !== undefined) this.inc({ ...nameOf(object), reason });
      }
    },
  });
}

/** A line each, and where there are too many a last line with the number of the others: `… and 12 more`. */
function countHolds({ conditions = [] }: Status): number {
  const held = conditions.find(({ type }) => type === 'Held');
  if (held?.status !== 'True') return 0;
  const lines = (held.message ?? '').split('\n');
  const more = /^… and (\d+) more$/.exec(lines.at(-1) ?? '')?.[1];
  return more === undefined ? lines.length : lines.length - 1 + Number(more);
}

function secondsOf(time: string | undefined): number | undefined {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? undefined : ms / 1000;
}

function statusOf(object: KubeObject): Status {
  return (object['status'] ?? {}) as Status;
}
