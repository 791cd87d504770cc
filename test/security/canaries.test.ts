import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app/index.ts';
import { createCluster } from '../../src/cluster/index.ts';
import { type Cluster, type KubeObject, type Log, systemClock } from '../../src/core/index.ts';
import { type Loop, startLoop } from '../journeys/support/start-loop.ts';
import { hiddenNamespace, plantedFiles, plantedObjects, plantedSecrets, tenantNamespace } from './planted.ts';

/** Every secret that is planted carries this, and so do the forms in which it could slip out. */
const canary = 'canaryZ9';
const forms = [
  canary,
  Buffer.from(canary).toString('base64').replace(/=+$/, '').slice(0, -1),
  Buffer.from(`x${canary}`).toString('base64').slice(2, -3),
  Buffer.from(`xx${canary}`).toString('base64').slice(3, -2),
  Buffer.from(canary).toString('hex'),
];

/** A server that hands back all that it is told, in its status line, its headers and its body, and refuses everything. */
function startEcho(heard: string[]): Promise<Server> {
  const server = createServer((request, response) => {
    const told = JSON.stringify({ url: request.url, ...request.headers });
    const login = request.headers.authorization ?? request.headers['proxy-authorization'];
    if (login !== undefined) heard.push(String(login));
    const asks = login === undefined ? { 'www-authenticate': 'Basic realm="here"' } : {};
    const headers = { 'x-told': encodeURIComponent(told), 'content-type': 'application/json', ...asks };
    response.writeHead(login === undefined ? 401 : 403, headers);
    response.end(JSON.stringify({ errors: [{ code: 'DENIED', message: told }], message: told, error: told }));
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** Programs that note how they were started, and then do their work. */
function writeSpies(bin: string, notes: string): void {
  mkdirSync(bin);
  for (const program of ['git', 'ssh', 'ssh-keygen', 'kustomize']) {
    const script = `#!/bin/sh
{ echo "${'$'}0 ${'$'}*"; tr '\\0' '\\n' < /proc/$$/environ; tr '\\0' ' ' < /proc/$$/cmdline; } >> '${notes}' 2>/dev/null
PATH=$(printf '%s' "$PATH" | sed 's|${bin}:||'):/usr/bin:/bin
export PATH
exec ${program} "$@"
`;
    writeFileSync(join(bin, program), script);
    chmodSync(join(bin, program), 0o755);
  }
}

/** Every field that can be told: also those of errors, which JSON leaves out. */
function spell(value: unknown): string {
  const seen = new Set<unknown>();
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === 'object' && inner !== null) {
      if (seen.has(inner)) return '';
      seen.add(inner);
    }
    return inner instanceof Error ? { ...inner, message: inner.message, stack: inner.stack, cause: inner.cause } : inner;
  });
}

function recordLog(lines: string[]): Log {
  const write = (message: string, fields?: object) => void lines.push(`${message} ${spell(fields ?? {})}`);
  const log: Log = { debug: write, info: write, warn: write, error: write, child: () => log };
  return log;
}

function textBelow(folder: string): string {
  const found = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
  return found
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${name}\n${readFileSync(join(parentPath, name), 'latin1')}`)
    .join('\n');
}

/** The names of everything that is asked of an API. */
function watchReads(cluster: Cluster, reads: { kind: string; namespace: string; name: string }[]): Cluster {
  return new Proxy(cluster, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]) => {
        const [asked] = args as [{ kind?: string; namespace?: string; name?: string } | undefined];
        if (property === 'get')
          reads.push({ kind: asked?.kind ?? '', namespace: asked?.namespace ?? '', name: asked?.name ?? '' });
        if (property === 'createToken')
          reads.push({ kind: 'ServiceAccount', namespace: asked?.namespace ?? '', name: asked?.name ?? '' });
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
}

describe('an object of every kind, with a Secret of every kind, and servers that repeat what they are told', () => {
  const lines: string[] = [];
  const heard: string[] = [];
  const reads: { kind: string; namespace: string; name: string }[] = [];
  const pathBefore = process.env['PATH'];
  const tmpBefore = process.env['TMPDIR'];
  const folder = mkdtempSync(join(tmpdir(), 'tagalong-canary-'));
  const notes = join(folder, 'notes.txt');
  let loop: Loop;
  let objects: KubeObject[] = [];
  let stop: () => Promise<void> = async () => undefined;

  beforeAll(async () => {
    const echo = await startEcho(heard);
    const { port } = echo.address() as AddressInfo;
    loop = await startLoop({ files: plantedFiles, source: null, repository: null, policy: null, automation: null, asleep: true });
    const bin = join(folder, 'bin');
    writeSpies(bin, notes);
    mkdirSync(join(folder, 'tmp'));
    process.env['PATH'] = `${bin}:${pathBefore}`;
    process.env['TMPDIR'] = join(folder, 'tmp');
    objects = plantedObjects(`127.0.0.1:${port}`, loop.gitHost.url('fleet'));
    const names = [tenantNamespace, hiddenNamespace].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
    await loop.apply(...names, ...plantedSecrets(canary, `127.0.0.1:${port}`), ...objects);
    const log = recordLog(lines);
    const home = await createCluster({
      ...{ kubeconfig: { yaml: loop.controlPlane.kubeconfigYaml }, userAgent: 'tagalong', clock: systemClock, log },
    });
    const watched = watchReads(home, reads);
    const app = await createApp({
      ...{ home: watched, target: watched, stateFolder: loop.stateFolder, clock: systemClock, log },
      artifacts: { host: '127.0.0.1', port: 0 },
      webhooks: { host: '127.0.0.1', port: 0 },
      eventsAddress: `http://bot:${canary}@127.0.0.1:${port}/`,
    });
    await app.start();
    stop = async () => {
      stop = async () => undefined;
      await app.stop();
      await home.close();
      echo.closeAllConnections();
      echo.close();
    };
    // A cloud's SDK tries again and again before it gives up.
    await Promise.all(
      objects.map((object) =>
        told(object)
          .catch(() => told(object))
          .catch(() => told(object)),
      ),
    );
  }, 180_000);
  afterAll(async () => {
    process.env['PATH'] = pathBefore;
    if (tmpBefore === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = tmpBefore;
    await stop();
    await loop?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const refOf = ({ apiVersion, kind, metadata }: KubeObject) => {
    const [group = '', version = ''] = apiVersion.split('/');
    return { group, version, kind, namespace: metadata.namespace ?? '', name: metadata.name };
  };
  const told = (object: KubeObject) =>
    loop.until(`${object.kind} ${object.metadata.name} to say something`, async () => {
      const found = await loop.cluster.get(refOf(object));
      const { conditions = [] } = (found?.['status'] ?? {}) as { conditions?: { type: string; status: string }[] };
      return conditions.some(({ type, status }) => type === 'Ready' && status !== 'Unknown');
    });
  const expectSilence = (place: string, text: string) => {
    for (const form of forms) expect(text.includes(form), `${place} tells ${form}: ${around(text, form)}`).toBe(false);
  };

  test('the secrets were used: servers heard them', () => {
    const logins = heard.map((login) => `${login} ${Buffer.from(login.split(' ')[1] ?? '', 'base64').toString()}`);
    const told = new Set(logins.filter((login) => login.includes(canary)));
    expect(told.size).toBeGreaterThan(2); // a git server's, with a password and with a token, a registry's and a proxy's
    expect(readFileSync(notes, 'utf8')).toContain('ls-remote');
  });

  test.for([
    { kind: 'Kustomization', name: 'remote', says: 'it is not valid YAML' },
    { kind: 'Kustomization', name: 'variables', says: 'post build failed' },
    { kind: 'ImageRepository', name: 'broken-login', says: 'is not valid JSON' },
  ])('what is wrong with a Secret of $kind $name is told all the same', async ({ kind, name, says }) => {
    const object = objects.find(({ kind: other, metadata }) => other === kind && metadata.name === name);
    if (object === undefined) throw new Error(`no ${kind} ${name} is planted`);
    await loop.until(`${kind} ${name} to say so`, async () =>
      JSON.stringify((await loop.cluster.get(refOf(object)))?.['status'] ?? {}).includes(says),
    );
  });

  test('no log line has one, debug included', () => {
    expect(lines.length).toBeGreaterThan(20);
    expectSilence('the log', lines.join('\n'));
  });

  test('no event and no status has one', async () => {
    const { items: events } = await loop.cluster.list({ group: '', version: 'v1', kind: 'Event' });
    expect(events.length).toBeGreaterThan(5);
    expectSilence('an event', JSON.stringify(events));
    for (const object of objects)
      expectSilence(`${object.kind} ${object.metadata.name}`, JSON.stringify(await loop.cluster.get(refOf(object))));
  });

  test('no argument and no variable of a program has one', () => expectSilence('a program', readFileSync(notes, 'utf8')));

  test('whatever an object names, Secrets, ConfigMaps and ServiceAccounts are read beside it alone', () => {
    const others = reads.filter(({ kind }) => ['Secret', 'ConfigMap', 'ServiceAccount'].includes(kind));
    expect(others.length).toBeGreaterThan(10);
    const own = new Set([tenantNamespace]);
    expect(
      others.filter(({ namespace, kind, name }) => !own.has(namespace) && `${kind} ${name}` !== 'ConfigMap tagalong'),
    ).toEqual([]);
  });

  test('no file stays that has one', async () => {
    await stop();
    expectSilence('the state folder', textBelow(loop.stateFolder));
    expectSilence('the folder of temporary files', textBelow(join(folder, 'tmp')));
    const mine = existsSync('/dev/shm') ? readdirSync('/dev/shm').filter((name) => name.includes(`-${process.pid}-`)) : [];
    expect(mine).toEqual([]);
  });
});

function around(text: string, form: string): string {
  const at = text.indexOf(form);
  return at < 0 ? '' : text.slice(Math.max(0, at - 120), at + 40);
}
