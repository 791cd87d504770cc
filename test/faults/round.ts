import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import type { KubeObject } from '../../src/core/index.ts';
import { deployment, kustomization, requestedAtPatch } from '../journeys/support/resources.ts';
import { type Loop, type LoopOptions, startLoop, writeFiles } from '../journeys/support/start-loop.ts';
import { type Bot, type BotOptions, startBot } from './bot.ts';
import { converge } from './converge.ts';
import { type FaultProxy, startFaultProxy, type Upstream } from './fault-proxy.ts';
import type { Random } from './random.ts';
import { until } from './until.ts';

export type Image = 'web' | 'api';
export const images: readonly Image[] = ['web', 'api'];

/** One play of one fault: all parts, the bot as a process, and what was asked of it so far. */
export interface Round extends AsyncDisposable {
  readonly random: Random;
  readonly loop: Loop;
  /** Between the bot and its API server. */
  readonly api: FaultProxy;
  /** Between the bot and the git host. */
  readonly git: FaultProxy;
  readonly bot: Bot;
  readonly logFile: string;
  readonly stateFolder: string;
  /** What must be running in the end. */
  readonly newest: Map<Image, string>;
  /** What git must say of the image in the end: with its digest where policies ask for that. */
  wanted(image: Image): string;
  /** Commits of others that must be on main in the end. */
  readonly foreign: string[];
  /** Further authors that may write. */
  readonly writers: Set<string>;
  /** What the bot had after it had settled for the first time. */
  residentBytes: number;
  start(options?: Partial<BotOptions>): Promise<Bot>;
  kill(): Promise<void>;
  /** Pushes the next tag, and asks for a scan as a webhook does. */
  bump(image?: Image): Promise<string>;
  /** Asks for a run of an object; does not wait for it. */
  ask(kind: 'ImageRepository' | 'GitRepository' | 'ImageUpdateAutomation' | 'Kustomization', name: string): Promise<void>;
  /** A person's commit beside the manifests, pushed to the git host itself. */
  commit(text: string): Promise<string>;
  wait(lowMs: number, highMs: number): Promise<void>;
  /** Waits until all is well, as at the end of the round. */
  settle(): Promise<void>;
  /** What another bot on the same parts is started with. */
  readonly parts: Pick<BotOptions, 'kubeconfig' | 'logFile'>;
  /** Keeps a file beside the state folder until the round ends; returns its path. */
  writeFile(name: string, text: string): Promise<string>;
  /** Throws unless the bot logged this since the round began. */
  said(pattern: RegExp): Promise<void>;
  bumps: number;
  kills: number;
}

export interface RoundSetup {
  readonly loop?: LoopOptions;
  /** The policies reflect digests. */
  readonly digests?: true;
  /** Further flags of `run`. */
  readonly flags?: readonly string[];
  /** Before the bot starts. */
  readonly prepare?: (round: Round) => Promise<void>;
}

/** Everything stands and the bot was started; nothing has settled yet. */
export async function openRound(random: Random, setup: RoundSetup, api?: LoopOptions['api']): Promise<Round> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'tagalong-faults-'));
  stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const gitProxy = stack.use(await startFaultProxy(() => ({ url: loop.gitHost.baseUrl, prefix: '/acme' })));
  const apiProxy = stack.use(await startFaultProxy(() => upstream));
  const loop: Loop = stack.use(await startLoop(loopOptions(setup, gitProxy.url, api)));
  const upstream = readUpstream(loop.controlPlane.kubeconfigYaml);
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, redirectKubeconfig(loop.controlPlane.kubeconfigYaml, apiProxy.url), { mode: 0o600 });
  const stateFolder = join(folder, 'state');
  const logFile = join(folder, 'log');
  const digests = setup.digests ? await readDigests(loop) : null;
  let bot: Bot | null = null;
  stack.defer(async () => bot?.[Symbol.asyncDispose]());
  const round: Omit<Round, typeof Symbol.asyncDispose> = {
    ...{ random, loop, api: apiProxy, git: gitProxy, stateFolder, logFile, foreign: [], writers: new Set(), residentBytes: 0 },
    newest: new Map(images.map((image) => [image, '1.0.0'])),
    bumps: 0,
    kills: 0,
    parts: { kubeconfig, logFile },
    async writeFile(name, text) {
      await writeFile(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    },
    wanted: (image) => wantedOf(result, image, digests),
    settle: () => converge(result),
    get bot() {
      if (bot === null) throw new Error('no bot was started');
      return bot;
    },
    async start(options) {
      bot = startBot({ kubeconfig, stateFolder, logFile, flags: setup.flags ?? [], ...options });
      return bot;
    },
    async kill() {
      if (bot?.isAlive) result.kills += 1;
      await bot?.end('SIGKILL');
    },
    async said(pattern) {
      await until(`the log to tell ${pattern}`, async () => pattern.test(await readFile(logFile, 'utf8')));
    },
    ...createDeeds(loop, random, digests),
  };
  const parts = stack.move();
  const result = Object.defineProperty(round, Symbol.asyncDispose, { value: () => parts.disposeAsync() }) as Round;
  return result;
}

/** `<image>:<tag>` → digest. */
type Digests = Map<string, string>;

async function readDigests({ registry }: Loop): Promise<Digests> {
  const digests: Digests = new Map();
  for (const image of images) digests.set(`${image}:1.0.0`, await registry.pushTag(image, '1.0.0'));
  return digests;
}

function wantedOf({ loop, newest }: Round, image: Image, digests: Digests | null): string {
  const tag = newest.get(image) ?? '';
  const digest = digests?.get(`${image}:${tag}`);
  return digest === undefined ? loop.image(image, tag) : `${loop.image(image, tag)}@${digest}`;
}

function loopOptions({ loop = {}, digests }: RoundSetup, gitUrl: string, api: LoopOptions['api']): LoopOptions {
  return {
    images: { web: ['1.0.0'], api: ['1.0.0'] },
    files: (host) => ({
      ...Object.fromEntries(images.map((name) => [`apps/${name}.yaml`, deployment(name, `${host}/${name}:1.0.0`)])),
      // Applied by nobody until a round does.
      'other/map.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: other\n  namespace: default\ndata:\n  a: b\n',
    }),
    source: { spec: { url: `${gitUrl}/acme/fleet.git`, timeout: '20s' } },
    ...(digests && { policy: { spec: { digestReflectionPolicy: 'IfNotPresent' } } }),
    ...loop,
    extra: [kustomization('./apps'), ...(loop.extra ?? [])],
    asleep: true,
    ...(api !== undefined && { api }),
  };
}

let tokens = 0;

function createDeeds(
  loop: Loop,
  random: Random,
  digests: Digests | null,
): Pick<Round, 'bump' | 'ask' | 'commit' | 'wait'> & ThisType<Round> {
  return {
    async bump(image = random.pick(images)) {
      const [, minor = '0'] = (this.newest.get(image) ?? '1.0.0').split('.');
      const tag = `1.${Number(minor) + 1}.0`;
      digests?.set(`${image}:${tag}`, await loop.registry.pushTag(image, tag));
      if (digests === null) await loop.registry.pushTag(image, tag);
      this.newest.set(image, tag);
      this.bumps += 1;
      await this.ask('ImageRepository', image);
      return tag;
    },
    async ask(kind, name) {
      tokens += 1;
      await loop.patch(kind, name, requestedAtPatch(`fault ${Date.now()} ${tokens}`));
    },
    async commit(text) {
      const oid = await commitSoon(loop, { 'notes/from-ann.txt': `${text}\n` }, text);
      this.foreign.push(oid);
      await this.ask('GitRepository', 'fleet');
      return oid;
    },
    wait: async (lowMs, highMs) => void (await sleep(random.between(lowMs, highMs))),
  };
}

/** On whatever main is now; somebody may push at the same time. */
export async function commitSoon({ person }: Loop, files: Readonly<Record<string, string>>, message: string): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    await person.git('fetch', '--quiet', 'origin', '+main:refs/remotes/origin/main');
    await person.git('reset', '--quiet', '--hard', 'origin/main');
    await writeFiles(person.folder, files);
    try {
      return await person.commitAndPush(message);
    } catch (error) {
      if (attempt === 10) throw error;
    }
  }
}

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: { readonly server: string; readonly 'certificate-authority-data'?: string } }];
}

function readUpstream(yaml: string): Upstream {
  const { server, 'certificate-authority-data': ca } = (parse(yaml) as Kubeconfig).clusters[0].cluster;
  return { url: server, ...(ca !== undefined && { ca: Buffer.from(ca, 'base64').toString() }) };
}

/** The same login at another address, over plain HTTP. */
function redirectKubeconfig(yaml: string, server: string): string {
  const config = parse(yaml) as Record<string, unknown> & Kubeconfig;
  return stringify({ ...config, clusters: [{ ...config.clusters[0], cluster: { server } }] });
}

export type Status = Readonly<Record<string, unknown>> | undefined;
export const statusOf = (object: KubeObject): Status => object['status'] as Status;
