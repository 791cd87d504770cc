import { type Clock, type Cluster, errorMessage, type Gate, type KubeObject, type Log } from '../core/index.ts';
import type { ControllerName } from './controllers.ts';

const deploymentKind = { group: 'apps', version: 'v1', kind: 'Deployment' };
const flag = '--enable-leader-election';
const yes: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);

/** What of a Deployment says whether its controller competes for a Lease. */
export interface ElectionFacts {
  readonly name: string;
  readonly args: readonly string[];
  readonly replicas: number;
}

/** Whether a controller runs that writes its kinds without holding a Lease; the last flag counts, and its default is no. */
export function runsUnelected({ args, replicas }: ElectionFacts): boolean {
  if (replicas === 0) return false;
  const given = args.findLast((arg) => arg === flag || arg.startsWith(`${flag}=`));
  return given !== flag && !yes.has(given?.slice(flag.length + 1) ?? '');
}

/** In a sentence, with what to do. */
export function describeUnelected(name: string): string {
  return `${name} of Flux runs without leader election, so its kinds would have two writers; give it --enable-leader-election, or scale it to 0, before tagalong serves them`;
}

/**
 * Whether a controller runs whose Lease is not the one of this shard although both serve the same objects: the Lease of a controller
 * with `--watch-label-selector` has a name of its own, and without one it serves the objects of every shard.
 */
export function runsUnderAnotherLease({ args, replicas }: ElectionFacts, shard: string | undefined): boolean {
  return replicas > 0 && (selectorIn(args) === undefined) !== (shard === undefined);
}

const selectorFlag = '--watch-label-selector=';

function selectorIn(args: readonly string[]): string | undefined {
  const text = args.findLast((arg) => arg.startsWith(selectorFlag))?.slice(selectorFlag.length);
  return text === '' ? undefined : text;
}

/** In a sentence, with what to do. */
export function describeOtherLease({ name, args }: ElectionFacts): string {
  const theirs = selectorIn(args);
  const has = theirs === undefined ? 'no --watch-label-selector' : `--watch-label-selector=${theirs}`;
  return `${name} of Flux runs with ${has} and so under another Lease than tagalong, so some objects would have two writers; give both the same selector, or scale it to 0, before tagalong serves its kinds`;
}

interface DeploymentFields {
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: {
      readonly spec?: {
        readonly containers?: readonly { readonly args?: readonly string[]; readonly command?: readonly string[] }[];
      };
    };
  };
}

/** The facts of a Deployment; its first container is the controller. */
export function electionFactsOf(object: KubeObject): ElectionFacts {
  const { spec } = object as KubeObject & DeploymentFields;
  const [{ args = [], command = [] } = {}] = spec?.template?.spec?.containers ?? [];
  return { name: object.metadata.name, args: [...command, ...args], replicas: spec?.replicas ?? 1 };
}

export interface ElectionWatchOptions {
  readonly cluster: Cluster;
  /** Where Flux's controllers run. */
  readonly namespace: string;
  readonly controller: ControllerName;
  /** The text of `--watch-label-selector` of this process. */
  readonly shard?: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly everyMs: number;
}

/**
 * Open while no controller of Flux of that name runs without leader election, or under the Lease of another shard: it would never let go
 * of its kinds, and the Lease that is waited for tells nothing of it. Closed until the first look; a namespace that may not be looked at is taken to have none.
 */
export class ElectionWatch implements Gate {
  readonly #options: ElectionWatchOptions;
  readonly #listeners = new Set<(open: boolean) => void>();
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #open = false;
  #because = 'not looked yet whether Flux runs without leader election';
  #isDenied = false;

  constructor(options: ElectionWatchOptions) {
    this.#options = options;
  }

  isOpen(): boolean {
    return this.#open;
  }

  subscribe(listener: (open: boolean) => void): void {
    this.#listeners.add(listener);
  }

  /** Why it is closed, for people. */
  get because(): string {
    return this.#because;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('shutting down'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, everyMs } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#look(signal);
      await clock.sleep(everyMs, signal).catch(() => {});
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { cluster, namespace, controller, log } = this.#options;
    try {
      const found = await cluster.get({ ...deploymentKind, namespace, name: controller }, signal);
      const because = found === null ? null : conflictOf(electionFactsOf(found), this.#options.shard);
      this.#set(because === null, because ?? '');
    } catch (error) {
      if (signal.aborted) return;
      // An API that is away is no answer: what was found last stays. One that refuses will go on to refuse.
      if (!isRefusal(error)) return;
      if (!this.#isDenied)
        log.warn('cannot look whether Flux runs without leader election', { namespace, error: errorMessage(error) });
      this.#isDenied = true;
      this.#set(true, '');
    }
  }

  #set(open: boolean, because: string): void {
    const { log, controller } = this.#options;
    this.#because = because;
    if (open === this.#open) return;
    this.#open = open;
    if (!open) log.error('passive: no Lease keeps a controller of Flux apart', { controller, because });
    for (const listener of this.#listeners) listener(open);
  }
}

/** Null where the Lease keeps both apart. */
function conflictOf(facts: ElectionFacts, shard: string | undefined): string | null {
  if (runsUnelected(facts)) return describeUnelected(facts.name);
  return runsUnderAnotherLease(facts, shard) ? describeOtherLease(facts) : null;
}

function isRefusal(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && (error.code === 'FORBIDDEN' || error.code === 'NOT_FOUND')
  );
}
