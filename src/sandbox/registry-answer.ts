/** What the sandbox registry answers, before it is sent (or spoiled by a fault). */
export interface RegistryAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A request as the routes see it. */
export interface RegistryRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export function answerJson(status: number, value: unknown, headers: Record<string, string> = {}): RegistryAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: Buffer.from(JSON.stringify(value)) };
}

export function answerEmpty(status: number, headers: Record<string, string> = {}): RegistryAnswer {
  return { status, headers, body: Buffer.alloc(0) };
}

/** The error body of the OCI distribution specification. */
export function answerError(status: number, code: string, message: string, headers: Record<string, string> = {}): RegistryAnswer {
  return answerJson(status, { errors: [{ code, message, detail: null }] }, headers);
}
