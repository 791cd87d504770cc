import { AuthError } from '../auth/index.ts';
import { errorMessage } from '../core/index.ts';
import { type Call, failCall } from './call.ts';
import { cleanText } from './clean-text.ts';
import { RegistryError } from './error.ts';

/** What a failed exchange is called here: the reason of the call's signal, a RegistryError as it is, else by the code of Node and undici. */
export function translateFailure(error: unknown, call: Call, url: URL): unknown {
  if (call.signal.aborted) return call.signal.reason;
  if (error instanceof RegistryError) return error;
  const cause = firstCause(error);
  const text = cleanText(errorMessage(cause));
  const code = codeOf(cause);
  if (cause instanceof AuthError) return failCall(call, 'ADDRESS_FORBIDDEN', text, { cause });
  if (isTlsCode(code)) return failCall(call, 'TLS', `${url.host}: ${text}`, { cause });
  if (code.startsWith('HPE_')) return failCall(call, 'BAD_RESPONSE', `${url.host} does not speak HTTP here: ${text}`, { cause });
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED')
    return failCall(call, 'CLOSED', 'the connection was closed here');
  const way = call.access.proxy === undefined ? '' : ` through the proxy ${new URL(call.access.proxy.address).host}`;
  return failCall(call, 'UNREACHABLE', `${url.host} cannot be reached${way}: ${describeCode(code) ?? text}`, { cause });
}

/** The first of several tries, when a host has several addresses; a refusal of ours where there is one. */
function firstCause(error: unknown): unknown {
  if (error instanceof AggregateError) return error.errors.find((each) => each instanceof AuthError) ?? error.errors[0] ?? error;
  if (error instanceof Error && error.cause instanceof AuthError) return error.cause;
  return error;
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function isTlsCode(code: string): boolean {
  return /^(ERR_TLS|ERR_SSL|ERR_OSSL|ERR_CRYPTO|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_CA|EPROTO$)/.test(
    code,
  );
}

function describeCode(code: string): string | undefined {
  const described: Readonly<Record<string, string>> = {
    ENOTFOUND: 'no such host',
    EAI_AGAIN: 'its name could not be resolved for now',
    UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
    UND_ERR_HEADERS_TIMEOUT: 'it accepted the request and stayed silent',
    UND_ERR_BODY_TIMEOUT: 'it fell silent within its answer',
    UND_ERR_SOCKET: 'it closed the connection without an answer',
    ECONNRESET: 'it closed the connection without an answer',
  };
  return described[code];
}
