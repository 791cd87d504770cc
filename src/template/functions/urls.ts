import { goQuote } from '../../select/index.ts';
import { define, type FunctionTable } from '../define.ts';
import { FunctionError } from '../error.ts';
import { GoMap, kindName } from '../value.ts';

/** Sprig's URLs, taken apart and put together by RFC 3986 as Go's net/url does. */
export const urls: FunctionTable = {
  urlParse: define(['string'], ([text]) => parse(text)),
  urlJoin: define(['map'], ([parts]) => join(parts)),
};

const grammar = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

function parse(text: string): GoMap {
  if (/[\u0000-\u001f\u007f]/.test(text)) throw invalid(text, 'net/url: invalid control character in URL');
  if (text.startsWith(':')) throw invalid(text, 'missing protocol scheme');
  const [, scheme = '', rest = '', query = '', fragment = ''] = grammar.exec(text) ?? [];
  const isOpaque = scheme !== '' && rest !== '' && !rest.startsWith('/');
  const authority = isOpaque ? undefined : /^\/\/([^/]*)/.exec(rest)?.[1];
  const path = isOpaque ? '' : authority === undefined ? rest : rest.slice(authority.length + 2);
  if (scheme === '' && (path.split('/')[0] ?? '').includes(':'))
    throw invalid(text, 'first path segment in URL cannot contain colon');
  const at = (authority ?? '').lastIndexOf('@');
  const host = (authority ?? '').slice(at + 1);
  const wrong = /[ "<>^`{|}\\]/.exec(host)?.[0];
  if (wrong !== undefined) throw invalid(text, `invalid character ${goQuote(wrong)} in host name`);
  return new GoMap([
    ['scheme', scheme.toLowerCase()],
    ['host', host],
    ['hostname', host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1')],
    ['path', decode(text, path)],
    ['query', query],
    ['opaque', isOpaque ? rest : ''],
    ['fragment', decode(text, fragment)],
    ['userinfo', at < 0 ? '' : (authority ?? '').slice(0, at)],
  ]);
}

function decode(url: string, text: string): string {
  const wrong = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(text)?.[0];
  if (wrong !== undefined) throw invalid(url, `invalid URL escape ${goQuote(wrong)}`);
  const bytes = text.split(/((?:%[0-9a-fA-F]{2})+)/).map((part) => (/^%[0-9a-fA-F]{2}/.test(part) ? decodeBytes(part) : part));
  return bytes.join('');
}

function decodeBytes(escaped: string): string {
  return Buffer.from(escaped.replaceAll('%', ''), 'hex').toString('utf8');
}

function invalid(url: string, problem: string): FunctionError {
  return new FunctionError(`unable to parse url: parse ${goQuote(url)}: ${problem}`);
}

function join(parts: GoMap): string {
  const [scheme, host, path, query, opaque, fragment, userinfo] = [
    'scheme',
    'host',
    'path',
    'query',
    'opaque',
    'fragment',
    'userinfo',
  ].map((key) => readPart(parts, key));
  const start = scheme ? `${scheme}:` : '';
  const end = `${query ? `?${query}` : ''}${fragment ? `#${escapePath(fragment)}` : ''}`;
  if (opaque) return start + opaque + end;
  const authority = host || userinfo ? `//${userinfo ? `${userinfo}@` : ''}${host}` : '';
  const separator = authority && path && !path.startsWith('/') ? '/' : '';
  return `${start}${authority}${separator}${escapePath(path ?? '')}${end}`;
}

function readPart(parts: GoMap, key: string): string {
  const value = parts.get(key);
  if (value === undefined || typeof value === 'string') return value ?? '';
  throw new FunctionError(`unable to parse ${key} key, must be of type string, but ${kindName(value)} found`);
}

function escapePath(path: string): string {
  return encodeURI(path.toWellFormed()).replace(/[?#]/g, encodeURIComponent);
}
