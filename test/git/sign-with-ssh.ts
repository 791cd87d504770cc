import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { environment, git } from './fixture.ts';

/** An ssh key that signs as `ssh-keygen -Y sign -n git` does, written down after OpenSSH's PROTOCOL.sshsig. */
export interface SshSigner {
  /** A line of `authorized_keys`. */
  readonly line: string;
  sign(payload: Buffer): string;
}

export function createSshSigner(namespace = 'git'): SshSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const blob = Buffer.concat([text('ssh-ed25519'), text(raw)]);
  return {
    line: `ssh-ed25519 ${blob.toString('base64')} ada@example.com\n`,
    sign(payload) {
      const digest = createHash('sha512').update(payload).digest();
      const head = [text(namespace), text(''), text('sha512')];
      const signature = sign(null, Buffer.concat([Buffer.from('SSHSIG'), ...head, text(digest)]), privateKey);
      const version = Buffer.from([0, 0, 0, 1]);
      const made = [text('ssh-ed25519'), text(signature)];
      const bytes = Buffer.concat([Buffer.from('SSHSIG'), version, text(blob), ...head, text(Buffer.concat(made))]);
      return `-----BEGIN SSH SIGNATURE-----\n${bytes.toString('base64').replace(/.{70}/g, '$&\n')}\n-----END SSH SIGNATURE-----\n`;
    },
  };
}

function text(content: Buffer | string): Buffer {
  const bytes = Buffer.from(content as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** The commit `of` once more, signed, in the repository at `folder`. Returns its oid. */
export async function signCommit(folder: string, signer: SshSigner, of = 'HEAD'): Promise<string> {
  const payload = execFileSync('git', ['-C', folder, 'cat-file', 'commit', of], { env: environment });
  const header = signer.sign(payload).trimEnd().split('\n').join('\n ');
  const signed = payload.toString('latin1').replace('\n\n', `\ngpgsig ${header}\n\n`);
  return writeObject(folder, 'commit', signed);
}

/** A signed tag object named `name` for `commit`. Returns its oid; no ref names it yet. */
export async function signTag(folder: string, signer: SshSigner, name: string, commit: string): Promise<string> {
  const oid = await git(folder, 'rev-parse', commit);
  const payload = `object ${oid}\ntype commit\ntag ${name}\ntagger Ada <ada@example.com> 1700000000 +0000\n\n${name}\n`;
  return writeObject(folder, 'tag', payload + signer.sign(Buffer.from(payload)));
}

function writeObject(folder: string, type: string, content: string): string {
  const input = Buffer.from(content, 'latin1');
  const args = ['-C', folder, 'hash-object', '-w', '-t', type, '--stdin'];
  return execFileSync('git', args, { env: environment, input }).toString().trim();
}
