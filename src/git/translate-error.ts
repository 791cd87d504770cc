import { cleanText } from './clean-text.ts';
import { GitError, type GitErrorCode } from './error.ts';

/** What was attempted: `failed to checkout and determine revision: unable to clone`, the remote's address and what must not be shown. */
export interface Attempt {
  readonly what: string;
  readonly url: string;
  readonly secrets: readonly string[];
}

interface Rule {
  readonly pattern: RegExp;
  readonly code: GitErrorCode;
  readonly says: string;
}

// The first that matches wins; git's own texts, which LC_ALL=C keeps in English.
const rules: readonly Rule[] = [
  {
    pattern: /no space left on device|disk quota exceeded|file system is full/i,
    code: 'DISK_FULL',
    says: 'the disk of the state folder is full; make room or give it a larger volume',
  },
  {
    pattern: /host key verification failed|remote host identification has changed|host key is known for/i,
    code: 'HOST_KEY',
    says: "the server's ssh host key is not the one in known_hosts",
  },
  {
    pattern:
      /returned error: 401|http 401|authentication failed|could not read (username|password)|permission denied \(|invalid credentials|terminal prompts disabled|too many authentication failures|load key .*(error|incorrect)/i,
    code: 'AUTHENTICATION_FAILED',
    says: 'authentication required',
  },
  {
    pattern:
      /returned error: 403|access denied|write access to repository not granted|permission to .* denied|you are not allowed to/i,
    code: 'AUTHENTICATION_FAILED',
    says: 'authorization failed',
  },
  {
    pattern:
      /returned error: 40[4]|repository .*not found|not found\b.*repository|does not appear to be a git repository|project you were looking for could not be found|repository .*does not exist|not a git repository/i,
    code: 'REPOSITORY_NOT_FOUND',
    says: 'repository not found',
  },
  {
    pattern: /mismatched algorithms|unknown object format|unsupported object format/i,
    code: 'UNSUPPORTED',
    says: 'the repository uses SHA-256 object ids, which are not supported',
  },
  {
    pattern: /does not support (shallow|--depth|depth)/i,
    code: 'UNSUPPORTED',
    says: 'the server cannot send a commit without its history',
  },
  {
    pattern: /couldn't find remote ref|not our ref|unadvertised object|no such ref was fetched|remote ref does not exist/i,
    code: 'REF_NOT_FOUND',
    says: 'the remote has no such ref',
  },
  { pattern: /timed out|timeout|operation too slow/i, code: 'TIMEOUT', says: 'the remote did not answer in time' },
  {
    pattern:
      /could not resolve|failed to connect|couldn't connect|connection (refused|reset|closed)|no route to host|network is unreachable|ssl|tls|certificate|unable to access|early eof|hung up|rpc failed|remote end|unexpected disconnect|returned error|could not read from remote/i,
    code: 'UNREACHABLE',
    says: 'the remote cannot be reached',
  },
  {
    pattern:
      /missing (object|blob|tree|commit)|bad object|did not send all necessary objects|unresolved deltas|does not match index|corrupt|loose object|unable to read|bad (tree|signature)|invalid sha1 pointer|unable to parse|broken/i,
    code: 'CORRUPT_MIRROR',
    says: 'the mirror is damaged',
  },
];

/** Git's stderr of a network command as an error that says what was attempted, without anything secret. */
export function translateError(stderr: string, { what, url, secrets }: Attempt, cause?: unknown): GitError {
  const rule = rules.find(({ pattern }) => pattern.test(stderr));
  const said = cleanText(relevantLines(stderr), secrets) || 'git said nothing';
  const detail = rule === undefined ? said : `${rule.says}: ${said}`;
  return new GitError(rule?.code ?? 'GIT_FAILED', `${what} '${cleanText(url, secrets)}': ${detail}`, { cause });
}

// Progress and hints would bury what went wrong.
function relevantLines(stderr: string): string {
  const lines = stderr
    .split(/[\r\n]+/)
    .filter(
      (line) =>
        /^(fatal|error|remote|ssh|ERROR|@|[a-z-]+@|No |Host )|:/.test(line) &&
        !/^(hint|warning: redirecting|remote: (Enumerating|Counting|Compressing|Total)|@{5}|Offending | *(remove with|ssh-keygen)|Load key)/i.test(
          line,
        ),
    );
  return (lines.length > 0 ? lines : [stderr]).join('; ');
}
