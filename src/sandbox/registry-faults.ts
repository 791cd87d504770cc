import type { ServerResponse } from 'node:http';
import type { RegistryAnswer, RegistryRequest } from './registry-answer.ts';

/** How the sandbox registry misbehaves, as real ones have been seen to. */
export type RegistryFaultKind =
  /** Another status, with what goes with it. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Another body with the headers of the right answer. */
  | { readonly kind: 'body'; readonly body: string }
  /** Another `Link`; `$SELF` stands for path and query of the request, `$NEXT` for those of the right next page. */
  | { readonly kind: 'link'; readonly link: string }
  /** Half of the body, then the connection ends. */
  | { readonly kind: 'cut' }
  /** The connection ends without an answer. */
  | { readonly kind: 'hang-up' }
  /** No answer, ever. */
  | { readonly kind: 'silence' }
  /** A byte each `everyMs`. */
  | { readonly kind: 'trickle'; readonly everyMs: number };

export type RegistryFault = RegistryFaultKind & {
  /** Which requests: part of `METHOD /path?query`; default `/tags/list`. */
  readonly on?: string;
  /** How many of them; default all. */
  readonly times?: number;
  /** Lets this many pass first; default 0. */
  readonly after?: number;
};

/** The faults that are set; the oldest that fits a request applies. */
export interface RegistryFaults {
  add(fault: RegistryFault): void;
  clear(): void;
  /** The fault for a request, counted as used. */
  take(request: RegistryRequest): RegistryFault | null;
}

export function createRegistryFaults(): RegistryFaults {
  let faults: { readonly fault: RegistryFault; passes: number; uses: number }[] = [];
  return {
    add: (fault) => faults.push({ fault, passes: fault.after ?? 0, uses: fault.times ?? Number.POSITIVE_INFINITY }),
    clear: () => {
      faults = [];
    },
    take: ({ method, url }) => {
      const asked = `${method} ${url.pathname}${url.search}`;
      const found = faults.find(({ fault, uses }) => uses > 0 && asked.includes(fault.on ?? '/tags/list'));
      if (found === undefined) return null;
      if (found.passes > 0) {
        found.passes -= 1;
        return null;
      }
      found.uses -= 1;
      return found.fault;
    },
  };
}

/** The right answer with the fault's changes to its content. */
export function spoilAnswer(answer: RegistryAnswer, fault: RegistryFault | null, { url }: RegistryRequest): RegistryAnswer {
  switch (fault?.kind) {
    case 'status':
      return { status: fault.status, headers: { ...fault.headers }, body: Buffer.from(fault.body ?? '') };
    case 'body':
      return { ...answer, body: Buffer.from(fault.body) };
    case 'link': {
      const [, next = ''] = /<([^>]*)>/.exec(answer.headers['link'] ?? '') ?? [];
      if (next === '' && fault.link.includes('$NEXT')) return answer;
      const link = fault.link.replaceAll('$SELF', `${url.pathname}${url.search}`).replaceAll('$NEXT', next);
      return { ...answer, headers: { ...answer.headers, link } };
    }
    default:
      return answer;
  }
}

/** Sends the answer, or what the fault leaves of it. */
export function deliverAnswer(
  response: ServerResponse,
  { status, headers, body }: RegistryAnswer,
  fault: RegistryFault | null,
): void {
  if (fault?.kind === 'silence') return;
  if (fault?.kind === 'hang-up') {
    response.socket?.destroy();
    return;
  }
  response.writeHead(status, { 'content-length': String(body.length), ...headers });
  if (fault?.kind === 'cut') response.write(body.subarray(0, body.length / 2), () => response.socket?.destroy());
  else if (fault?.kind === 'trickle') trickle(response, body, fault.everyMs);
  else response.end(body);
}

function trickle(response: ServerResponse, body: Buffer, everyMs: number): void {
  let sent = 0;
  const timer = setInterval(() => {
    response.write(body.subarray(sent, sent + 1));
    sent += 1;
    if (sent < body.length) return;
    clearInterval(timer);
    response.end();
  }, everyMs);
  response.on('close', () => clearInterval(timer));
}
