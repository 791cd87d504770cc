import { GitError } from './error.ts';
import { parseSshPublicKey, type SshPublicKey } from './ssh-public-key.ts';

/**
 * The keys of a text in the format of `authorized_keys` (sshd(8)): a line each, with options in front or a comment behind. Keys that sign
 * others' certificates are left out: they are none that commits are signed with. Throws BAD_SIGNATURE naming the line.
 */
export function parseAuthorizedKeys(text: string): SshPublicKey[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    const words = splitWords(trimmed);
    const at = words.findIndex((word) => /^(ssh-|ecdsa-|sk-)[a-z0-9@.-]+$/.test(word));
    if (at > 0 && /(^|,)cert-authority(,|$)/.test(words[0] ?? '')) return [];
    return [parseKey(at < 0 ? undefined : words[at + 1], index + 1)];
  });
}

function parseKey(encoded: string | undefined, line: number): SshPublicKey {
  if (encoded === undefined || !/^[A-Za-z0-9+/]+=*$/.test(encoded))
    throw new GitError('BAD_SIGNATURE', `line ${line} is no ssh public key`);
  return parseSshPublicKey(Buffer.from(encoded, 'base64'));
}

/** Words are separated by blanks; an option's value in double quotes may hold some. */
function splitWords(line: string): string[] {
  return line.match(/(?:"(?:\\.|[^"\\])*"|[^\s"])+/g) ?? [];
}
