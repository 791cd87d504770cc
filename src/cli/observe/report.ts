import { cleanLine } from '../clean-text.ts';
import type { ObservedObject } from './observation-book.ts';

/** One report of `run --observe`. */
export interface ObserveReport {
  /** Counts from 1; a round is a look at everything that moved since the last. */
  readonly round: number;
  readonly at: string;
  /** The last one, when the process ends. */
  readonly final: boolean;
  readonly summary: {
    readonly objects: number;
    readonly agreeing: number;
    readonly differing: number;
    /** Suspended, paused, or going. */
    readonly aside: number;
    /** Nobody looked at them yet. */
    readonly waiting: number;
  };
  readonly objects: readonly ObservedObject[];
  /** Kinds that could not be read, and why. */
  readonly unread: readonly { readonly kind: string; readonly because: string }[];
  /** Objects that differed in some round, `Kind/namespace/name`. */
  readonly everDiffered: readonly string[];
}

export function nameOfObserved({ kind, namespace, name }: ObservedObject): string {
  return `${kind}/${namespace}/${name}`;
}

export function summarise(objects: readonly ObservedObject[], waiting: number): ObserveReport['summary'] {
  const differing = objects.filter(({ differences }) => differences.length > 0).length;
  const aside = objects.filter((object) => object.aside !== undefined).length;
  return { objects: objects.length, agreeing: objects.length - differing - aside, differing, aside, waiting };
}

/** What differs, object by object; what agrees is only counted. */
export function renderReport(report: ObserveReport): string {
  const { objects, agreeing, differing, aside, waiting } = report.summary;
  const counts = [`${agreeing} agree`, `${differing} differ`];
  if (aside > 0) counts.push(`${aside} are left aside`);
  if (waiting > 0) counts.push(`${waiting} not looked at yet`);
  const title = report.final ? `in all, ${report.round} rounds` : `round ${report.round}`;
  return [
    `${title}: ${objects} objects observed, ${counts.join(', ')}; nothing was written`,
    ...report.unread.map(({ kind, because }) => `  ${kind}: not observed: ${cleanLine(because)}`),
    ...report.objects.flatMap(renderObject),
    ...(report.final && report.everDiffered.length > 0 ? [`differed in some round: ${report.everDiffered.join(', ')}`] : []),
  ].join('\n');
}

function renderObject(object: ObservedObject): string[] {
  if (object.aside !== undefined) return [`- ${nameOfObserved(object)}: ${cleanLine(object.aside)}`];
  if (object.differences.length === 0) return [];
  return [
    `✗ ${nameOfObserved(object)}`,
    ...object.differences.map(({ kind, subject, message }) => {
      const where = subject === undefined ? '' : `${cleanLine(subject)}: `;
      return `    ${kind.padEnd(11)} ${where}${cleanLine(message)}`;
    }),
  ];
}
