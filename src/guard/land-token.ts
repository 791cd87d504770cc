/** One bump that a person lands past the gates. */
export interface Landing {
  /** Name of the ImagePolicy. */
  readonly policy: string;
  readonly tag: string;
  readonly reason: string;
  readonly by?: string;
}

/** What `tagalong land` writes into `tagalong.dev/land` of an automation. */
export function formatLandings(landings: readonly Landing[]): string {
  return JSON.stringify(landings);
}

/** The landings of the annotation; what is none is left out, since it lands nothing. */
export function parseLandings(annotation: string | undefined): Landing[] {
  if (annotation === undefined) return [];
  try {
    const value: unknown = JSON.parse(annotation);
    return Array.isArray(value) ? value.filter(isLanding) : [];
  } catch {
    return [];
  }
}

function isLanding(value: unknown): value is Landing {
  if (typeof value !== 'object' || value === null) return false;
  const { policy, tag, reason, by } = value as Record<string, unknown>;
  return (
    typeof policy === 'string' &&
    typeof tag === 'string' &&
    typeof reason === 'string' &&
    reason !== '' &&
    (by === undefined || typeof by === 'string')
  );
}
