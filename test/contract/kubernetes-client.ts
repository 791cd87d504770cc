import { Agent, request } from 'undici';

/** An API server that the contract runs on. */
export interface KubernetesEndpoint {
  readonly url: string;
  readonly token: string;
  /** PEM of the authority, where the URL is https. */
  readonly caPem?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into by expectations alone
export type Loose = any;

export interface Reply {
  readonly code: number;
  readonly body: Loose;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface RequestHeaders {
  readonly accept?: string;
  readonly 'content-type'?: string;
  readonly 'user-agent'?: string;
  readonly authorization?: string;
}

export const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** Speaks to an API server in plain requests: the contract is about what is on the wire. */
export class KubernetesClient {
  readonly #endpoint: KubernetesEndpoint;
  readonly #agent: Agent;

  constructor(endpoint: KubernetesEndpoint) {
    this.#endpoint = endpoint;
    this.#agent = new Agent(endpoint.caPem === undefined ? {} : { connect: { ca: endpoint.caPem } });
  }

  async ask(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    headers: RequestHeaders = {},
  ): Promise<Reply> {
    const answer = await request(`${this.#endpoint.url}${path}`, {
      method,
      dispatcher: this.#agent,
      headers: {
        authorization: `Bearer ${this.#endpoint.token}`,
        'content-type': 'application/json',
        'user-agent': 'contract/1.0',
        ...headers,
      },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.body.text();
    // The list of OpenAPI documents calls itself plain text.
    return { code: answer.statusCode, body: text.startsWith('{') ? JSON.parse(text) : text, headers: answer.headers };
  }

  get(path: string, headers?: RequestHeaders): Promise<Reply> {
    return this.ask('GET', path, undefined, headers);
  }

  post(path: string, body: unknown, headers?: RequestHeaders): Promise<Reply> {
    return this.ask('POST', path, body, headers);
  }

  put(path: string, body: unknown, headers?: RequestHeaders): Promise<Reply> {
    return this.ask('PUT', path, body, headers);
  }

  patch(type: keyof typeof patchTypes, path: string, body: unknown): Promise<Reply> {
    return this.ask('PATCH', path, body, { 'content-type': patchTypes[type] });
  }

  delete(path: string, body?: unknown): Promise<Reply> {
    return this.ask('DELETE', path, body);
  }

  /** The events of a watch as they come, until `enough` says so. */
  async watch(path: string, enough: (events: readonly Loose[]) => boolean, headers: RequestHeaders = {}): Promise<Loose[]> {
    const stop = new AbortController();
    const deadline = setTimeout(() => stop.abort(), 20_000);
    const answer = await request(`${this.#endpoint.url}${path}`, {
      dispatcher: this.#agent,
      headers: { authorization: `Bearer ${this.#endpoint.token}`, ...headers },
      signal: stop.signal,
    });
    const events: Loose[] = [];
    let rest = '';
    try {
      for await (const chunk of answer.body) {
        const lines = (rest + String(chunk)).split('\n');
        rest = lines.pop() ?? '';
        events.push(...lines.map((line) => JSON.parse(line)));
        if (enough(events)) break;
      }
    } catch (error) {
      throw new Error(`watching ${path}: ${error} after ${JSON.stringify(events).slice(0, 2000)}`);
    } finally {
      clearTimeout(deadline);
      stop.abort();
    }
    return events;
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}
