import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { privateRoot, runProgram } from '../child/index.ts';
import { SignError } from './error.ts';
import type { SigningKey } from './signing-key.ts';

export interface KeygenAnswer {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

export interface KeygenFiles {
  /** Read on stdin. */
  readonly input?: Buffer;
  /** Laid beside the key: in the older PEM format a key does not carry it readably. */
  readonly publicKey?: string;
}

const timeoutMs = 30_000;
const maxOutputBytes = 1_048_576;

/**
 * Runs `ssh-keygen` with the key in a file that only we can read and that is gone afterwards; a passphrase comes through askpass. `@key`
 * among the arguments stands for that file.
 */
export async function runSshKeygen(key: SigningKey, args: readonly string[], files: KeygenFiles = {}): Promise<KeygenAnswer> {
  const { input = Buffer.alloc(0), publicKey } = files;
  // The prefix is git's: leftovers of a killed process are removed with those.
  const prefix = `tagalong-git-${process.pid}-`;
  const folder = await mkdtemp(join(tmpdir(), prefix));
  // A folder in memory often lets nothing be started from it: askpass stays in the other one.
  const vault = await mkdtemp(join(await privateRoot(), prefix));
  try {
    const file = join(vault, 'key');
    await writeFile(file, `${key.privateKey.reveal().trimEnd()}\n`, { mode: 0o600 });
    if (publicKey !== undefined) await writeFile(`${file}.pub`, publicKey);
    const askpass = await writeAskpass(folder, vault, key);
    return await run(
      args.map((arg) => (arg === '@key' ? file : arg)),
      { PATH: process.env['PATH'] ?? '', HOME: folder, LC_ALL: 'C', ...askpass },
      input,
    );
  } finally {
    await Promise.all([folder, vault].map((one) => rm(one, { recursive: true, force: true })));
  }
}

/** Without a passphrase the answer is an empty one: nothing is ever asked at a terminal. */
async function writeAskpass(folder: string, vault: string, { passphrase }: SigningKey): Promise<Record<string, string>> {
  const [secret, script] = [join(vault, 'passphrase'), join(folder, 'askpass')];
  await writeFile(secret, passphrase?.reveal() ?? '', { mode: 0o600 });
  await writeFile(script, '#!/bin/sh\nexec cat "$TAGALONG_PASSPHRASE_FILE"\n', { mode: 0o700 });
  return { SSH_ASKPASS: script, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':0', TAGALONG_PASSPHRASE_FILE: secret };
}

async function run(args: readonly string[], environment: Record<string, string>, input: Buffer): Promise<KeygenAnswer> {
  const end = await runProgram({ program: 'ssh-keygen', args, environment, input, timeoutMs, maxOutputBytes });
  if (end.kind === 'exited')
    return { ok: end.code === 0, stdout: end.output.toString('latin1'), stderr: end.errors.slice(-4_000) };
  if (end.kind === 'not started')
    throw new SignError('SIGNING_FAILED', `ssh-keygen could not be started: ${end.because}; is it on PATH?`);
  return { ok: false, stdout: '', stderr: `ended early: ${end.kind}` };
}
