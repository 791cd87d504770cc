import { expect, test } from 'vitest';
import { gitCredentials, proxyFromSecret, tlsFromSecret } from '../../src/auth/index.ts';
import { certificates } from '../registry/certificates.ts';
import { secretOf } from './secrets.ts';

const { ca, client } = certificates;
const ssh = { identity: 'the key', known_hosts: 'host ssh-ed25519 AAAA' };

test.for([
  { because: 'nothing is set', texts: {}, url: 'https://git.example/r', gives: { kind: 'none' } },
  {
    because: 'a password',
    texts: { username: 'u', password: 'p' },
    url: 'https://git.example/r',
    gives: { kind: 'basic', username: 'u', password: 'p' },
  },
  {
    because: 'a user without a password',
    texts: { username: 'u' },
    url: 'https://git.example/r',
    gives: { kind: 'basic', username: 'u', password: '' },
  },
  { because: 'a token', texts: { bearerToken: 't' }, url: 'https://git.example/r', gives: { kind: 'bearer', token: 't' } },
  {
    because: 'a login in the URL',
    texts: {},
    url: 'https://u:p%40ss@git.example/r',
    gives: { kind: 'basic', username: 'u', password: 'p@ss' },
  },
  {
    because: 'the URL fills the gap',
    texts: { password: 'p' },
    url: 'https://u@git.example/r',
    gives: { kind: 'basic', username: 'u', password: 'p' },
  },
  {
    because: 'the secret before the URL',
    texts: { username: 'u', password: 'p' },
    url: 'https://x:y@git.example/r',
    gives: { kind: 'basic', username: 'u', password: 'p' },
  },
  {
    because: 'plain http is allowed',
    texts: { username: 'u', password: 'p' },
    url: 'http://git.example/r',
    gives: { kind: 'basic', username: 'u', password: 'p' },
  },
])('over http, $because', ({ texts, url, gives }) => {
  const { credentials } = gitCredentials(secretOf(texts), url);
  expect(JSON.parse(JSON.stringify(credentials, reveal))).toEqual(gives);
});

test.for([
  {
    because: 'a login is taken out',
    url: 'https://u:p@git.example:8443/a/b.git?x=1',
    clean: 'https://git.example:8443/a/b.git?x=1',
  },
  { because: 'the rest stays', url: 'file:///srv/repo.git', clean: 'file:///srv/repo.git' },
])('of the URL $because', ({ url, clean }) => {
  expect(gitCredentials(null, url).url).toBe(clean);
});

test.for([
  {
    because: 'the user of the URL',
    url: 'ssh://deploy:word@git.example:2222/r',
    texts: ssh,
    address: 'ssh://deploy@git.example:2222/r',
  },
  { because: 'git where nobody is named', url: 'ssh://git.example/r', texts: ssh, address: 'ssh://git@git.example/r' },
  {
    because: 'the user of the secret',
    url: 'ssh://x@git.example/r',
    texts: { ...ssh, username: 'robot' },
    address: 'ssh://robot@git.example/r',
  },
])('ssh logs in as $because', ({ url, texts, address }) => {
  const access = gitCredentials(secretOf({ ...texts, password: 'phrase' }), url);
  expect(JSON.parse(JSON.stringify(access, reveal))).toEqual({
    url: address,
    credentials: { kind: 'ssh', identity: 'the key', knownHosts: 'host ssh-ed25519 AAAA', passphrase: 'phrase' },
  });
});

test.for([
  {
    texts: { username: 'u', password: 'p', bearerToken: 't' },
    url: 'https://git.example/r',
    says: 'basic auth and bearer token cannot be set at the same time',
  },
  {
    texts: { password: 'p' },
    url: 'https://git.example/r',
    says: "invalid 'https' auth option: 'password' requires 'username' to be set",
  },
  { texts: { known_hosts: 'x' }, url: 'ssh://git.example/r', says: "invalid 'ssh' auth option: 'identity' is required" },
  { texts: { identity: 'x' }, url: 'ssh://git.example/r', says: "invalid 'ssh' auth option: 'known_hosts' is required" },
  { texts: {}, url: 'ftp://git.example/r', says: "unknown transport 'ftp'" },
  { texts: {}, url: 'https://u:p@:x/', says: 'the url cannot be parsed' },
  {
    texts: { 'tls.crt': client.certificate },
    url: 'https://git.example/r',
    says: "secret 'default/login' contains 'tls.crt' but missing 'tls.key'",
  },
])('$says', ({ texts, url, says }) => {
  expect(() => gitCredentials(secretOf(texts), url)).toThrow(says);
});

test('ssh without a secret is an error', () => {
  expect(() => gitCredentials(null, 'ssh://git@git.example/r')).toThrow("'identity' is required");
});

test.for([
  { because: 'ca.crt before caFile', texts: { 'ca.crt': ca, caFile: 'older' }, has: { ca } },
  { because: 'caFile', texts: { caFile: ca }, has: { ca } },
  {
    because: 'a client certificate',
    texts: { 'tls.crt': client.certificate, 'tls.key': client.key },
    has: { clientCertificate: client },
  },
])('the git secret gives $because', ({ texts, has }) => {
  const access = gitCredentials(secretOf(texts), 'https://git.example/r');
  expect(JSON.parse(JSON.stringify(access, reveal))).toMatchObject(has);
});

test.for([
  { because: 'an authority', texts: { 'ca.crt': ca }, gives: { ca } },
  { because: 'a pair', texts: { 'tls.crt': client.certificate, 'tls.key': client.key }, gives: client },
  {
    because: 'the older keys',
    texts: { caFile: ca, certFile: client.certificate, keyFile: client.key },
    gives: { ca, ...client },
  },
])('certSecretRef gives $because', ({ texts, gives }) => {
  expect(JSON.parse(JSON.stringify(tlsFromSecret(secretOf(texts)), reveal))).toEqual(gives);
});

test.for([
  { texts: {}, says: "secret 'default/login' must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'" },
  { texts: { 'tls.crt': client.certificate }, says: "secret 'default/login' contains 'tls.crt' but missing 'tls.key'" },
  { texts: { 'tls.key': client.key }, says: "secret 'default/login' contains 'tls.key' but missing 'tls.crt'" },
  { texts: { 'ca.crt': 'hello' }, says: "secret 'default/login': 'ca.crt' holds no PEM certificate" },
])('certSecretRef: $says', ({ texts, says }) => {
  expect(() => tlsFromSecret(secretOf(texts))).toThrow(says);
});

test('a proxy secret gives its address without the login', () => {
  const proxy = proxyFromSecret(secretOf({ address: 'http://u:p@proxy.example:3128' }));
  expect(JSON.parse(JSON.stringify(proxy, reveal))).toEqual({
    address: 'http://proxy.example:3128/',
    username: 'u',
    password: 'p',
  });
});

test.for([
  { texts: {}, says: "secret 'default/login': key 'address' not found" },
  { texts: { address: 'ftp://proxy.example' }, says: "'address' is not an http, https or socks5 URL" },
])('a proxy secret: $says', ({ texts, says }) => {
  expect(() => proxyFromSecret(secretOf(texts))).toThrow(says);
});

test('no secret shows when credentials are printed', () => {
  const { credentials } = gitCredentials(secretOf({ username: 'u', password: 'hunter2' }), 'https://git.example/r');
  expect(JSON.stringify(credentials)).toBe('{"kind":"basic","username":"u","password":"[redacted]"}');
});

/** JSON with the secrets in it; `toJSON` has already run when a replacer sees a value, hence the holder. */
function reveal(this: unknown, key: string, value: unknown): unknown {
  const original: unknown = typeof this === 'object' && this !== null ? Reflect.get(this, key) : value;
  return typeof original === 'object' && original !== null && 'reveal' in original && typeof original.reveal === 'function'
    ? original.reveal()
    : value;
}
