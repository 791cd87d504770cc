import type { PushOutcome } from '../core/index.ts';
import { cleanText } from './clean-text.ts';
import { type Attempt, translateError } from './translate-error.ts';

interface PushedRef {
  readonly flag: string;
  readonly ref: string;
  readonly summary: string;
}

export interface PushPrinted {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * What `git push --porcelain` says happened to `ref` and to a further ref, if one was pushed along. Throws the translated error when
 * the push did not get as far as an answer about the ref.
 */
export function readPushOutcome(
  printed: PushPrinted,
  ref: string,
  attempt: Attempt,
): PushOutcome & { readonly branchPushed: boolean } {
  const refs = parsePorcelain(printed.stdout);
  const main = refs.find((pushed) => pushed.ref === ref);
  if (main === undefined) return readWithoutAnswer(printed, attempt);
  if (main.flag === '!') return { ...readRejection(main, printed.stderr, attempt), branchPushed: false };
  const further = refs.find((pushed) => pushed.flag === '!');
  if (further === undefined) return { kind: 'pushed', branchPushed: true };
  const message = `${further.ref}: ${describeRejection(further, printed.stderr, attempt)} (${ref} was pushed)`;
  return { kind: 'refused', message, branchPushed: true };
}

// `<flag>\t<from>:<to>\t<summary> (<reason>)`: git-push(1), OUTPUT.
function parsePorcelain(stdout: string): PushedRef[] {
  return stdout.split('\n').flatMap((line) => {
    const [, flag, to, summary] = /^([ +\-*!=])\t[^\t]*?:([^\t:]+)\t(.*)$/.exec(line) ?? [];
    return flag === undefined || to === undefined ? [] : [{ flag, ref: to, summary: summary ?? '' }];
  });
}

// The branch was not where it was when the push began: the client's own checks, and a server that lost a race in between.
const moved =
  /stale info|fetch first|non-fast-forward|incorrect old value|reference already exists|needs force|is at [0-9a-f]+ but expected|\.lock': File exists/i;
const refused = /hook declined|exists; cannot create/i;

function readRejection(rejected: PushedRef, stderr: string, attempt: Attempt): PushOutcome {
  const said = `${rejected.summary} ${remoteLines(stderr)}`;
  if (moved.test(said) && !refused.test(said)) return { kind: 'moved' };
  return { kind: 'refused', message: describeRejection(rejected, stderr, attempt) };
}

function describeRejection({ summary }: PushedRef, stderr: string, { secrets }: Attempt): string {
  const reason = /\((.*)\)\s*$/.exec(summary)?.[1] ?? summary;
  const said = remoteLines(stderr);
  return cleanText(said === '' ? reason : `${reason}: ${said}`, secrets);
}

function remoteLines(stderr: string): string {
  const lines = stderr.split(/[\r\n]+/).flatMap((line) => /^(?:remote|ERROR): ?(.*)$/.exec(line)?.[1]?.trim() ?? []);
  return lines.filter((line) => line !== '' && !/^(Enumerating|Counting|Compressing|Total|Resolving) /.test(line)).join('; ');
}

const permission =
  /returned error: 403|read.?only|denied to|not allowed to|not permitted|write access to repository not granted|insufficient permission/i;

function readWithoutAnswer({ stderr }: PushPrinted, attempt: Attempt): PushOutcome & { branchPushed: boolean } {
  if (!permission.test(stderr)) throw translateError(stderr, attempt);
  const said = remoteLines(stderr) || stderr.split(/[\r\n]+/).find((line) => line.startsWith('fatal:')) || stderr;
  return { kind: 'refused', message: cleanText(said, attempt.secrets), branchPushed: false };
}
