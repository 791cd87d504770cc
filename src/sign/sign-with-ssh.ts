import { SignError, unusableKey } from './error.ts';
import { runSshKeygen } from './run-ssh-keygen.ts';
import type { CommitSigner, SigningKey } from './signing-key.ts';

/** What git verifies commits by: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig */
const namespace = 'git';

/** A signer with an ssh key (ed25519, ecdsa, rsa). Afterwards it is certain that the key opens with its passphrase. */
export async function createSshSigner(key: SigningKey): Promise<CommitSigner> {
  const opened = await runSshKeygen(key, ['-y', '-f', '@key']);
  if (!opened.ok) throw unusableKey('ssh', describeProblem(opened.stderr, key));
  const publicKey = opened.stdout;
  const [algorithm = ''] = publicKey.split(' ');
  if (!/^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa)$/.test(algorithm))
    throw unusableKey('ssh', `keys of type '${algorithm.slice(0, 60)}' do not sign commits; use ed25519, ecdsa or rsa`);
  return {
    async sign(payload) {
      const { ok, stdout } = await runSshKeygen(key, ['-Y', 'sign', '-n', namespace, '-f', '@key'], {
        input: payload,
        publicKey,
      });
      const signature = /-----BEGIN SSH SIGNATURE-----[\s\S]+-----END SSH SIGNATURE-----/.exec(stdout)?.[0];
      if (ok && signature !== undefined) return `${signature}\n`;
      throw new SignError('SIGNING_FAILED', 'signing a commit with the ssh key failed: ssh-keygen gave no signature');
    },
  };
}

function describeProblem(stderr: string, { passphrase }: SigningKey): string {
  if (!/passphrase/i.test(stderr)) return 'it is no private key that ssh-keygen reads';
  return passphrase === undefined
    ? "it is protected, and the Secret has no passphrase (key 'password')"
    : 'the passphrase does not open it';
}
