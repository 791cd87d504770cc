import { type Call, failCall } from './call.ts';
import type { HttpAnswer, HttpRequest, Transport } from './transport.ts';

const maxRedirects = 5;

/**
 * Sends a request and follows redirects, a few at most. The Authorization header goes along only to where it was meant for: the
 * same host and port, or the same host from http to https. The last answer's `url` says where it came from.
 */
export async function sendFollowing(transport: Transport, call: Call, request: HttpRequest): Promise<HttpAnswer> {
  let current = request;
  for (let hops = 0; hops <= maxRedirects; hops += 1) {
    const answer = await transport.send(call, current);
    const target = findTarget(answer);
    if (target === null) return answer;
    if (target === 'malformed') throw failCall(call, 'BAD_RESPONSE', `${answer.url.host} redirects to an address that is none`);
    current = {
      ...current,
      url: target,
      headers: mayCarry(answer.url, target) ? current.headers : withoutSecrets(current.headers),
    };
  }
  throw failCall(call, 'BAD_RESPONSE', `more than ${maxRedirects} redirects from ${request.url.host}`);
}

function findTarget({ status, headers, url }: HttpAnswer): URL | null | 'malformed' {
  if (![301, 302, 303, 307, 308].includes(status)) return null;
  const location = headers.location ?? '';
  if (location === '' || !URL.canParse(location, url.href)) return 'malformed';
  const target = new URL(location, url.href);
  if (target.protocol !== 'https:' && target.protocol !== 'http:') return 'malformed';
  target.username = '';
  target.password = '';
  return target;
}

/** Whether a credential meant for `from` may be shown to `to`. */
export function mayCarry(from: URL, to: URL): boolean {
  if (from.origin === to.origin) return true;
  return (
    from.hostname === to.hostname && from.protocol === 'http:' && to.protocol === 'https:' && from.port === '' && to.port === ''
  );
}

function withoutSecrets(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'authorization'));
}
