import { cleanLine } from './clean-text.ts';

export interface LogFilter {
  readonly level?: string;
  readonly kind?: string;
  readonly name?: string;
  /** Of the object that a line is about. */
  readonly namespace?: string;
  /** RFC 3339; only lines from then on. */
  readonly since?: string;
}

/** A line of the log as `flux logs` prints it; null for one that is filtered out, or that is no line of ours. */
export function formatLogLine(text: string, filter: LogFilter): string | null {
  const line = parseLine(text);
  if (line === null) return null;
  const { ts, level, msg, kind, name, namespace, error, ...fields } = line;
  const subject = { kind: word(kind), name: word(name), namespace: word(namespace) };
  if (filter.level !== undefined && filter.level !== level) return null;
  if (filter.kind !== undefined && filter.kind.toLowerCase() !== subject.kind.toLowerCase()) return null;
  if (filter.name !== undefined && filter.name !== subject.name) return null;
  if (filter.namespace !== undefined && filter.namespace !== subject.namespace) return null;
  if (filter.since !== undefined && word(ts) < filter.since) return null;
  const about = [subject.kind, subject.name === '' ? '' : `/${subject.name}.${subject.namespace}`].join('');
  const rest = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const parts = [word(ts), word(level), about, '-', word(msg), word(error), ...rest];
  return cleanLine(parts.filter((part) => part !== '').join(' '));
}

function parseLine(text: string): Record<string, unknown> | null {
  if (!text.startsWith('{')) return null;
  try {
    const line = JSON.parse(text) as Record<string, unknown>;
    return typeof line['msg'] === 'string' ? line : null;
  } catch {
    return null;
  }
}

function word(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
