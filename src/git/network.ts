import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SimpleGit } from 'simple-git';
import type { CheckAddress } from '../auth/index.ts';
import type { GitRemote, Log, Oid } from '../core/index.ts';
import { cleanText } from './clean-text.ts';
import { type Environment, withSettings } from './environment.ts';
import { GitError } from './error.ts';
import { hasSecrets, type OpenRemote, openRemote } from './open-remote.ts';
import { isSameHost } from './remote-url.ts';
import { abortError } from './run-git.ts';
import { type NetworkAnswer, runNetwork } from './run-network.ts';
import { type Attempt, translateError } from './translate-error.ts';

export interface NetworkOptions {
  readonly remote: GitRemote;
  readonly folder: string;
  readonly environment: Environment;
  readonly log: Log;
  readonly checkAddress: CheckAddress;
}

/** With the texts that its messages must not carry. */
export type AnswerWithSecrets = NetworkAnswer & { readonly secrets: readonly string[] };

export interface FetchOptions {
  /** Refs that the remote lacks go. */
  readonly prune?: boolean;
  /** tip: the commits without the history behind them. whole: with all of it, also where it was left out before. */
  readonly history: 'tip' | 'whole' | 'as it is';
  readonly signal?: AbortSignal | undefined;
}

interface Run {
  readonly what: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly settings?: readonly (readonly [string, string])[];
}

const fetchTimeoutMs = 15 * 60_000;
const listTimeoutMs = 60_000;
const pushTimeoutMs = 5 * 60_000;
const hopsAtMost = 3;
const quiet = [
  '--quiet',
  '--no-write-fetch-head',
  '--no-auto-maintenance',
  '--no-recurse-submodules',
  '--no-show-forced-updates',
  '--no-tags',
];

/** The three things that use the network, through simple-git. Each has a deadline of its own besides the caller's signal. */
export class Network {
  readonly #options: Omit<NetworkOptions, 'remote'>;
  #remote: GitRemote;
  /** Where the remote is now: another path on the same host, if it redirected there. */
  #url: string;

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.#remote = options.remote;
    this.#url = options.remote.url;
  }

  get remote(): GitRemote {
    return this.#remote;
  }

  /** The same remote with a newer token: from the next command on. */
  renew(remote: GitRemote): void {
    this.#remote = remote;
  }

  /** Fetches the refspecs. */
  async fetch(refspecs: readonly string[], options: FetchOptions): Promise<void> {
    const what = 'failed to checkout and determine revision: unable to clone';
    const flags = [...quiet, '--force', ...describeFetch(options)];
    const answer = await this.#run({ what, timeoutMs: fetchTimeoutMs, signal: options.signal }, (git, url) =>
      git.fetch([...flags, '--', url, ...refspecs]),
    );
    if (!answer.ok) throw translateError(answer.stderr, this.#attempt(what, answer));
  }

  /** All refs of the remote, in one request: protocol 2 would take two. */
  async list(signal: AbortSignal | undefined): Promise<Map<string, Oid>> {
    const what = 'failed to checkout and determine revision: unable to list remote for';
    const answer = await this.#run(
      { what, timeoutMs: listTimeoutMs, signal, settings: [['protocol.version', '0']] },
      (git, url) => git.listRemote(['--quiet', '--', url]),
    );
    if (!answer.ok) throw translateError(answer.stderr, this.#attempt(what, answer));
    return parseRefs(answer.stdout);
  }

  /** Pushes the refspecs; the answer is judged by `readPushOutcome`. Throws only when it was aborted. */
  push(flags: readonly string[], refspecs: readonly string[], signal: AbortSignal | undefined): Promise<AnswerWithSecrets> {
    // No `--`: simple-git adds flags of its own at the end. The URL and the refspecs begin with a protocol and an object id.
    return this.#run({ what: 'failed to push to remote', timeoutMs: pushTimeoutMs, signal }, (git, url) =>
      git.push([...flags, url, ...refspecs]),
    );
  }

  #attempt(what: string, { secrets }: { secrets: readonly string[] }): Attempt {
    return { what, url: this.#remote.url, secrets };
  }

  async #run(run: Run, task: (git: SimpleGit, url: string) => Promise<unknown>): Promise<AnswerWithSecrets> {
    for (let hops = 0; ; hops += 1) {
      const answer = await this.#runOnce(run, task);
      if (answer.ok || hops === hopsAtMost || !mayBeRedirect(this.#remote, answer.stderr)) return answer;
      const moved = await this.#findRedirect(run);
      if (moved === null) return answer;
      this.#options.log.info('git remote redirects', { from: cleanText(this.#url), to: cleanText(moved) });
      this.#url = moved;
    }
  }

  async #runOnce(run: Run, task: (git: SimpleGit, url: string) => Promise<unknown>): Promise<AnswerWithSecrets> {
    const { folder, environment, checkAddress } = this.#options;
    const remote = this.#remote;
    await using opened = await openRemote(remote, this.#url, withSettings(environment, run.settings ?? []), checkAddress);
    const signal = AbortSignal.any([...(run.signal ? [run.signal] : []), AbortSignal.timeout(run.timeoutMs)]);
    const answer = await runNetwork({ folder, opened, signal }, (git) => task(git, opened.url));
    if (!answer.ok && signal.aborted) throw abortError(signal, `${run.what} '${cleanText(remote.url)}'`);
    return { ...answer, secrets: opened.secrets };
  }

  /**
   * Git follows a redirect with the header it was given, to whatever host. So it follows none, and this looks where the first answer
   * leads: with secrets only another path of the same host (or the same host over https) is taken; without, any that may be spoken to.
   */
  async #findRedirect(run: Run): Promise<string | null> {
    const { folder, environment, checkAddress } = this.#options;
    await using opened = await openRemote(this.#remote, this.#url, environment, checkAddress);
    const trace = join(opened.folder, `trace-${randomUUID()}`);
    const signal = AbortSignal.any([...(run.signal ? [run.signal] : []), AbortSignal.timeout(listTimeoutMs)]);
    const traced = { GIT_TRACE_CURL: trace, GIT_TRACE_CURL_NO_DATA: '1', GIT_TRACE_REDACT: '1' };
    await runNetwork({ folder, opened, environment: traced, signal }, (git) => git.listRemote(['--quiet', '--', opened.url]));
    const location = /<= Recv header: location: *(\S+)/i.exec(await readFile(trace, 'utf8').catch(() => ''))?.[1];
    return location === undefined ? null : this.#acceptRedirect(location, opened);
  }

  #acceptRedirect(location: string, opened: OpenRemote): string | null {
    const from = new URL(opened.url);
    const to = URL.parse(location, `${from.href.replace(/\/$/, '')}/info/refs`);
    if (to === null) return null;
    if (!/^https?:$/.test(to.protocol) || (from.protocol === 'https:' && to.protocol === 'http:')) return null;
    if (hasSecrets(this.#remote) && !isSameHost(from, to)) {
      throw new GitError(
        'UNREACHABLE',
        `'${cleanText(this.#remote.url)}' redirects to another host, ${cleanText(to.host)}: credentials are not sent there; use the new URL`,
      );
    }
    const path = /^(.*)\/info\/refs$/.exec(to.pathname)?.[1];
    return path === undefined ? null : `${to.origin}${path}`;
  }
}

function describeFetch({ prune, history }: FetchOptions): string[] {
  const depth = { tip: ['--depth=1'], whole: ['--unshallow'], 'as it is': [] }[history];
  return [...(prune ? ['--prune'] : []), ...depth];
}

function mayBeRedirect(remote: GitRemote, stderr: string): boolean {
  return /^https?:/.test(remote.url) && /returned error: 30[12378]|not valid: is this a git repository|redirect/i.test(stderr);
}

function parseRefs(stdout: string): Map<string, Oid> {
  const refs = new Map<string, Oid>();
  for (const line of stdout.split('\n')) {
    const match = /^([0-9a-f]{40,64})\t(\S+)$/.exec(line);
    if (!match?.[1] || !match[2]) continue;
    if (match[1].length !== 40) throw new GitError('UNSUPPORTED', 'the remote uses SHA-256 object ids, which are not supported');
    refs.set(match[2], match[1]);
  }
  return refs;
}
