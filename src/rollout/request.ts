/** What a person asks the bot to commit: `tagalong rollback` on an automation, `hold` and `unhold` on a guard. */
export type Request = RollbackRequest | HoldRequest | UnholdRequest;

interface Asked {
  /** Names the request; an answer carries it. */
  readonly id: string;
  /** Who asked, as far as the API server or their shell knows. */
  readonly by?: string;
  readonly reason?: string;
}

export interface RollbackRequest extends Asked {
  readonly do: 'rollback';
  /** Name of the ImagePolicy. */
  readonly policy: string;
  /** Tag to go back to; by default the one before. */
  readonly to?: string;
  /** Only files in this folder of the repository, or this very file. */
  readonly path?: string;
}

export interface HoldRequest extends Asked {
  readonly do: 'hold';
  /** An entry of `spec.holds`. */
  readonly entry: Readonly<Record<string, unknown>>;
}

export interface UnholdRequest extends Asked {
  readonly do: 'unhold';
  readonly policy: string;
  /** Only entries that name this tag; by default all of the policy. */
  readonly tag?: string;
}

/** What became of a request. */
export interface Answer {
  readonly id: string;
  readonly ok: boolean;
  readonly message: string;
  readonly commit?: string;
  readonly files?: readonly string[];
}

export function formatRequest(request: Request): string {
  return JSON.stringify(request);
}

/** The request of an annotation; null where there is none, or one that nobody can read. */
export function parseRequest(annotation: string | undefined): Request | null {
  const value = parseMap(annotation);
  if (value === null || !isText(value['id'])) return null;
  const optional = ['by', 'reason', 'to', 'path', 'tag'].every((field) => value[field] === undefined || isText(value[field]));
  if (!optional || !isComplete(value)) return null;
  return value as unknown as Request;
}

function isComplete(value: Record<string, unknown>): boolean {
  switch (value['do']) {
    case 'rollback':
    case 'unhold':
      return isText(value['policy']);
    case 'hold': {
      const { entry } = value;
      return typeof entry === 'object' && entry !== null && isText((entry as Record<string, unknown>)['policy']);
    }
    default:
      return false;
  }
}

export function formatAnswer(answer: Answer): string {
  return JSON.stringify(answer);
}

export function parseAnswer(annotation: string | undefined): Answer | null {
  const value = parseMap(annotation);
  const isOne = value !== null && isText(value['id']) && typeof value['ok'] === 'boolean' && isText(value['message']);
  return isOne ? (value as unknown as Answer) : null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 4096;
}

function parseMap(text: string | undefined): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
