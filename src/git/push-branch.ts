import type { Oid, PushOptions, PushOutcome } from '../core/index.ts';
import { checkOid } from './check-name.ts';
import { cleanText } from './clean-text.ts';
import { GitError } from './error.ts';
import type { Network } from './network.ts';
import { readPushOutcome } from './push-outcome.ts';
import { parsePushRefspec, refuseRefspec } from './push-refspec.ts';

export interface BranchPush {
  readonly url: string;
  /** `refs/heads/<branch>`. */
  readonly ref: string;
  readonly commit: Oid;
  readonly expected: Oid | null;
  readonly options: PushOptions;
}

/**
 * Pushes under a lease: the server takes it only while the ref is still `expected`. Without `force` the caller has made sure that
 * the commit follows `expected`. Push options that the server does not know are dropped, as Flux does.
 */
export async function pushBranch(network: Network, push: BranchPush): Promise<PushOutcome & { readonly branchPushed: boolean }> {
  const { url, ref, options } = push;
  const attempt = (secrets: readonly string[]) => ({ what: 'failed to push to remote', url, secrets });
  const refspecs = describeRefspecs(push);
  const printed = await network.push(describeFlags(push), refspecs, options.signal);
  if (!printed.ok && /does not support push options/.test(printed.stderr)) {
    const plain = await network.push(describeFlags({ ...push, options: {} }), refspecs, options.signal);
    return readPushOutcome(plain, ref, attempt(plain.secrets));
  }
  return readPushOutcome(printed, ref, attempt(printed.secrets));
}

/** Deletes a ref under a lease: the server takes it only while the ref is still `expected`. */
export async function pushDeletion(
  network: Network,
  ref: string,
  expected: Oid,
  url: string,
  signal?: AbortSignal,
): Promise<PushOutcome> {
  const flags = ['--no-verify', '--no-recurse-submodules', `--force-with-lease=${ref}:${checkOid(expected)}`];
  const printed = await network.push(flags, [`:${ref}`], signal);
  const { branchPushed: _, ...outcome } = readPushOutcome(printed, ref, {
    ...{ what: 'failed to delete from remote', url, secrets: printed.secrets },
  });
  return outcome;
}

function describeFlags({ ref, expected, options }: BranchPush): string[] {
  const lease = `--force-with-lease=${ref}:${expected === null ? '' : checkOid(expected)}`;
  const pushOptions = (options.pushOptions ?? []).map((option) => `--push-option=${checkPushOption(option)}`);
  return ['--no-verify', '--no-recurse-submodules', lease, ...pushOptions];
}

function describeRefspecs({ ref, commit, options }: BranchPush): string[] {
  const own = `${checkOid(commit)}:${ref}`;
  const further = options.refspec === undefined ? own : resolveRefspec(options.refspec, ref, commit);
  return [...new Set([own, further])];
}

/** `HEAD:refs/heads/x`, where the source is the commit that is pushed, by whichever of its names. */
function resolveRefspec(refspec: string, ref: string, commit: Oid): string {
  const { source, target } = parsePushRefspec(refspec);
  const names = ['HEAD', '@', ref, ref.replace(/^refs\/heads\//, '')];
  if (!names.includes(source)) throw refuseRefspec(refspec, `its source must be HEAD or ${ref}, the commit just made`);
  return `${commit}:${target}`; // for the branch itself: the same as is pushed already, under its lease
}

function checkPushOption(option: string): string {
  if (!/[\u0000-\u001f\u007f]/.test(option)) return option;
  throw new GitError('REFUSED_REF', `the push option '${cleanText(option)}' holds a control character`);
}
