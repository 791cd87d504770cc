import { describe, expect, test } from 'vitest';
import { describeEnvironment } from '../../src/git/environment.ts';
import { cleanText } from '../../src/git/index.ts';
import { planMaintenance } from '../../src/git/maintain-mirror.ts';
import { readPushOutcome } from '../../src/git/push-outcome.ts';
import { translateError } from '../../src/git/translate-error.ts';

const attempt = {
  what: 'failed to checkout and determine revision: unable to clone',
  url: 'https://forge.example/x',
  secrets: ['hunter2', 'aHVudGVyMg=='],
};

describe('what git says on stderr', () => {
  test.for([
    [
      'AUTHENTICATION_FAILED',
      "remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'https://bot:hunter2@forge.example/x/'",
    ],
    ['AUTHENTICATION_FAILED', "fatal: could not read Username for 'https://forge.example': terminal prompts disabled"],
    ['AUTHENTICATION_FAILED', "fatal: unable to access 'https://forge.example/x/': The requested URL returned error: 403"],
    ['AUTHENTICATION_FAILED', 'git@forge.example: Permission denied (publickey).\nfatal: Could not read from remote repository.'],
    ['HOST_KEY', 'Host key verification failed.\nfatal: Could not read from remote repository.'],
    ['REPOSITORY_NOT_FOUND', "remote: Repository not found.\nfatal: repository 'https://forge.example/x/' not found"],
    [
      'REPOSITORY_NOT_FOUND',
      "fatal: '/srv/x.git' does not appear to be a git repository\nfatal: Could not read from remote repository.",
    ],
    ['REF_NOT_FOUND', "fatal: couldn't find remote ref refs/pull/9/head"],
    ['DISK_FULL', 'fatal: write error: No space left on device\nfatal: fetch-pack: invalid index-pack output'],
    ['UNSUPPORTED', 'fatal: dumb http transport does not support shallow capabilities'],
    ['UNREACHABLE', "fatal: unable to access 'https://forge.example/x/': Could not resolve host: forge.example"],
    [
      'UNREACHABLE',
      "fatal: unable to access 'https://forge.example/x/': server certificate verification failed. CAfile: none CRLfile: none",
    ],
    [
      'UNREACHABLE',
      'error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502\nfatal: the remote end hung up unexpectedly',
    ],
    [
      'TIMEOUT',
      'ssh: connect to host forge.example port 22: Connection timed out\nfatal: Could not read from remote repository.',
    ],
    [
      'TIMEOUT',
      "fatal: unable to access 'https://forge.example/x/': Operation too slow. Less than 1 bytes/sec transferred the last 60 seconds",
    ],
    ['UNSUPPORTED', 'fatal: mismatched algorithms: client sha1; server sha256'],
    [
      'CORRUPT_MIRROR',
      'error: object file objects/ab/cd is empty\nfatal: loose object abcd (stored in objects/ab/cd) is corrupt',
    ],
    ['CORRUPT_MIRROR', 'fatal: bad object refs/heads/main\nerror: https://forge.example/x did not send all necessary objects'],
    ['GIT_FAILED', 'fatal: something nobody has seen'],
  ] as const)('is %s: %s', ([code, stderr]) => {
    const error = translateError(stderr, attempt);
    expect(error.code).toBe(code);
    expect(
      error.message.startsWith("failed to checkout and determine revision: unable to clone 'https://forge.example/x': "),
    ).toBe(true);
    expect(error.message).not.toContain('hunter2');
  });
});

test('text for messages has no secret, user information, terminal sequence, line break or bidirectional character', () => {
  const said = 'see https://bot:tok@h/x \u001b[1;31mred\u001b[0m\r\nhunter2 aHVudGVyMg== \u202eevil\u0000';
  expect(cleanText(said, attempt.secrets)).toBe('see https://h/x red [redacted] [redacted] evil');
  expect(cleanText('x'.repeat(5_000)).length).toBeLessThan(1_100);
});

describe('what a push says', () => {
  const outcome = (summary: string, stderr = '', flag = '!') =>
    readPushOutcome(
      { ok: false, stdout: `To https://forge.example/x\n${flag}\t${'a'.repeat(40)}:refs/heads/main\t${summary}\nDone\n`, stderr },
      'refs/heads/main',
      attempt,
    );

  test.for([
    ['moved', '[rejected] (stale info)', ''],
    ['moved', '[rejected] (fetch first)', ''],
    [
      'moved',
      '[remote rejected] (failed to update ref)',
      "remote: error: cannot lock ref 'refs/heads/main': is at 1234abcd but expected 5678abcd",
    ],
    ['moved', '[remote rejected] (incorrect old value provided)', ''],
    ['refused', '[remote rejected] (pre-receive hook declined)', 'remote: fetch first, says the hook'],
    ['refused', '[remote rejected] (protected branch hook declined)', ''],
    [
      'refused',
      '[remote rejected] (failed to update ref)',
      "remote: error: cannot lock ref 'refs/heads/a/b': 'refs/heads/a' exists; cannot create 'refs/heads/a/b'",
    ],
    ['refused', '[remote rejected] (failed to update ref)', 'remote: error: unable to write file: No space left on device'],
  ] as const)('is %s: %s %s', ([kind, summary, stderr]) => {
    expect(outcome(summary, stderr).kind).toBe(kind);
  });

  test('a new, an updated and an unchanged branch are pushed', () => {
    expect(
      [outcome('[new branch]', '', '*'), outcome('1234567..89abcde', '', ' '), outcome('[up to date]', '', '=')].map(
        ({ kind }) => kind,
      ),
    ).toEqual(['pushed', 'pushed', 'pushed']);
  });

  test('no right to push is a refusal, wrong credentials an error', () => {
    const none = (stderr: string) => () => readPushOutcome({ ok: false, stdout: '', stderr }, 'refs/heads/main', attempt);
    expect(
      none(
        "remote: Permission to x denied to bot.\nfatal: unable to access 'https://forge.example/x/': The requested URL returned error: 403",
      )(),
    ).toMatchObject({ kind: 'refused', message: 'Permission to x denied to bot.' });
    expect(
      none(
        'ERROR: The key you are authenticating with has been marked as read only.\nfatal: Could not read from remote repository.',
      )().kind,
    ).toBe('refused');
    expect(none("fatal: Authentication failed for 'https://forge.example/x/'")).toThrow('authentication required');
  });
});

test('git gets only what says how the network is reached, never this process’s own git variables', () => {
  const environment = describeEnvironment('/empty', {
    PATH: '/bin',
    HTTPS_PROXY: 'http://p:1',
    GIT_DIR: '/elsewhere',
    GIT_SSH_COMMAND: 'evil',
    PAGER: 'less',
    TOKEN: 'x',
    HOME: '/root',
  });
  expect(environment).toMatchObject({
    PATH: '/bin',
    HTTPS_PROXY: 'http://p:1',
    HOME: '/empty',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
  });
  expect(Object.keys(environment).filter((name) => ['GIT_DIR', 'GIT_SSH_COMMAND', 'PAGER', 'TOKEN'].includes(name))).toEqual([]);
});

describe('maintenance', () => {
  const names = (
    state: { graphedBytes: number; changes: number; collectedBytes?: number },
    packs: readonly number[],
    inAll = 0,
  ) => planMaintenance({ collectedBytes: 1_000, ...state }, packs, inAll).map(([name]) => name);
  test('a small fetch costs none', () => expect(names({ graphedBytes: 0, changes: 1 }, [1_000])).toEqual([]));
  test('a large one writes the commit graph', () =>
    expect(names({ graphedBytes: 0, changes: 1 }, [2_000_000])).toEqual(['commit-graph']));
  test('many small ones are packed together', () =>
    expect(names({ graphedBytes: 0, changes: 50 }, [1_000])).toEqual(['repack', 'commit-graph']));
  test('after very many what nothing reaches goes', () =>
    expect(names({ graphedBytes: 0, changes: 50 }, [1_000], 2_000)).toEqual(['repack', 'prune', 'commit-graph']));
  test('so it does when the mirror has grown to twice its size', () => {
    const state = { graphedBytes: 500_000_000, changes: 1, collectedBytes: 200_000_000 };
    expect(names(state, [460_000_000])).toEqual([]);
    expect(names(state, [400_000_000, 80_000_000])).toEqual(['repack', 'prune', 'commit-graph']);
  });
});
