import { expect, test } from 'vitest';
import { importsOf, readSources, type SourceFile } from '../architecture/read-source.ts';

const sources = readSources();
const broken = (matches: (file: SourceFile) => boolean, allowed: Readonly<Record<string, string>>) =>
  sources.filter((file) => matches(file) && !(file.path in allowed)).map(({ path }) => path);
const needless = (matches: (file: SourceFile) => boolean, allowed: Readonly<Record<string, string>>) =>
  Object.keys(allowed).filter((path) => !sources.some((file) => file.path === path && matches(file)));

/** Each sends through connections whose addresses are checked by `createEgressCheck`, or to an address that only the operator chooses. */
const senders = {
  'auth/tenant-fetch.ts': 'the fetch of everybody else: it checks',
  'auth/clouds/aws-login.ts': "agents for the cloud's own SDK, at addresses of the cloud",
  'auth/clouds/google-login.ts': "the cloud's own metadata server, which the operator runs on",
  'bucket/s3.ts': 'agents for the SDK, whose lookups are checked',
  'cluster/pools.ts': 'the API servers; those of a tenant are checked',
  'forge/transport.ts': 'checks by itself',
  'git/proxy-command.ts': 'the tunnel of ssh: given an address that was checked',
  'notify/forward-events.ts': '--events-addr: the operator chooses',
  'registry/create-dispatchers.ts': 'checks by itself',
  'registry/proxy-dispatcher.ts': 'made by create-dispatchers, after its check',
  'registry/transport.ts': 'sends over the dispatchers',
  'source/fetch-artifact.ts': 'checks by itself',
};

const connects = /\b(connect|createConnection|connectTls|httpRequest|httpsRequest)\(|globalThis\.fetch\(|(?<![.\w])fetch\((?!\))/;
const values = (file: SourceFile) => [...file.code.matchAll(/^import (?!type\b)([^;]*?) from '([^']+)';/gm)];
const sends = (file: SourceFile) =>
  values(file).some(([, names = '', from = '']) => {
    if (from === 'undici') return true;
    if (from === 'node:http' || from === 'node:https') return /\b(request|get|Agent|\*)\b/.test(names);
    return (
      (from === 'node:net' || from === 'node:tls') &&
      /\b(connect|createConnection|Socket|\*)\b/.test(names.replace(/type \w+/g, ''))
    );
  }) || /import\('undici'\)/.test(file.code);

test('nobody opens a connection but those who check where it leads', () => {
  expect(broken(sends, senders)).toEqual([]);
});

test('whoever is allowed to needs to be', () => {
  expect(needless((file) => sends(file) || connects.test(file.skeleton), senders)).toEqual([]);
});

test('a bare fetch, which checks nothing, is called for the metadata server alone', () => {
  const called = /(\bawait|\breturn|=>?|[(:?]) fetch\(/;
  const bound = /\b(const|let) fetch\b|\bfetch\??:|[{(,]\s*fetch\s*[,})]/;
  const bare = (file: SourceFile) => called.test(file.skeleton) && !bound.test(file.skeleton);
  expect(
    broken(bare, {
      'auth/clouds/find-cluster.ts': 'hosts of the clouds, whose names are made of what was checked',
      'auth/clouds/google-login.ts': "the cloud's own",
    }),
  ).toEqual([]);
});

const starts = (file: SourceFile) =>
  importsOf(file).includes('node:child_process') &&
  /^import (?!type)[^;]*\b(spawn|exec|execFile|fork|spawnSync|execSync|execFileSync|\*)\b/m.test(file.code);

test('one file starts programs', () => {
  expect(sources.filter(starts).map(({ path }) => path)).toEqual(['child/start-program.ts']);
});

/** A library starts git for what goes over the network; it is given a launcher and an environment of ours. */
test('one file lets a library start programs', () => {
  const letting = sources.filter((file) =>
    values(file).some(([, names = '', from]) => from === 'simple-git' && !/^type /.test(names)),
  );
  expect(letting.map(({ path }) => path)).toEqual(['git/run-network.ts']);
});

const threads = { 'thread/work-thread.ts': 'with limits on time and memory, and no environment' };

test('one file starts threads', () => {
  const startsThread = (file: SourceFile) => /\bnew Worker\(/.test(file.skeleton);
  expect(broken(startsThread, threads)).toEqual([]);
  expect(needless(startsThread, threads)).toEqual([]);
});

test('nobody hands its own environment on', () => {
  const whole = /\.\.\.process\.env\b|\benv(ironment)?: process\.env\b|environment: \{ \.\.\.session\.environment/;
  expect(sources.filter(({ code, path }) => whole.test(code) && !path.startsWith('main')).map(({ path }) => path)).toEqual([]);
});
