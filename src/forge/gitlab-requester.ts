import type { ForgeFetch } from './transport.ts';

/** What gitbeaker hands to whoever sends its requests; the types are those of its `requesterFn`. */
interface Service {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly authHeaders: Readonly<Record<string, () => Promise<string>>>;
}

interface Sent {
  readonly body?: unknown;
  readonly searchParams?: Record<string, unknown>;
}

interface Answer<T> {
  body: T;
  headers: Record<string, string>;
  status: number;
}

type Send = <T>(endpoint: string, options?: Sent) => Promise<Answer<T>>;

/**
 * Sends gitbeaker's requests through our transport, which knows limits and refusals; its own would try again ten times, whatever the server
 * asks for.
 */
export function createRequester(fetch: ForgeFetch, signal: AbortSignal | undefined) {
  return (service: Service): Record<'get' | 'post' | 'put' | 'patch' | 'delete', Send> => {
    const send =
      (method: string): Send =>
      async <T>(endpoint: string, { body, searchParams }: Sent = {}) => {
        const url = new URL(endpoint, service.url.endsWith('/') ? service.url : `${service.url}/`);
        for (const [key, value] of Object.entries(searchParams ?? {}))
          if (value !== undefined) url.searchParams.set(snake(key), String(value));
        const response = await fetch(url.href, {
          method,
          headers: {
            ...service.headers,
            ...(await authorization(service)),
            ...(body ? { 'content-type': 'application/json' } : {}),
          },
          ...(body ? { body: JSON.stringify(toSnake(body)) } : {}),
          ...(signal === undefined ? {} : { signal }),
        });
        const text = await response.text();
        const headers = Object.fromEntries(response.headers.entries());
        return { body: (text === '' ? null : JSON.parse(text)) as T, headers, status: response.status };
      };
    return { get: send('GET'), post: send('POST'), put: send('PUT'), patch: send('PATCH'), delete: send('DELETE') };
  };
}

async function authorization({ authHeaders }: Service): Promise<Record<string, string>> {
  const entries = Object.entries(authHeaders).map(async ([name, value]) => [name, await value()] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** `sourceBranch` → `source_branch`, as the API has it. */
function toSnake(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toSnake);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [snake(key), toSnake(inner)]));
}

function snake(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
