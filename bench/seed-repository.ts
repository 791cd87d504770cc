import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Fills the bare repository with one commit of these files and so many that change the first of them each; returns the commits, oldest first. */
export async function seedRepository(
  repository: string,
  files: ReadonlyMap<string, string>,
  changes: number,
): Promise<readonly string[]> {
  const importer = spawn('git', ['-C', repository, 'fast-import', '--quiet'], { stdio: ['pipe', 'inherit', 'inherit'] });
  const ended = once(importer, 'exit');
  const [first = 'a.yaml'] = files.keys();
  importer.stdin.write(commitOf(files));
  for (let change = 1; change <= changes; change += 1)
    importer.stdin.write(commitOf(new Map([[first, `${files.get(first)}# ${change}\n`]])));
  importer.stdin.end();
  await ended;
  return execFileSync('git', ['-C', repository, 'rev-list', '--reverse', 'main'], { encoding: 'utf8' }).trim().split('\n');
}

function commitOf(files: ReadonlyMap<string, string>): string {
  const lines = ['commit refs/heads/main\ncommitter Bench <bench@example.com> 1700000000 +0000\ndata 4\nseed\n'];
  for (const [path, text] of files) lines.push(`M 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`);
  return lines.join('');
}
