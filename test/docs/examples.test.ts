import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tagalong-docs-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the program as an example of the page has it, on the repository's own policies and the page's own tags. */
async function tagalong(line: string, tags: string): Promise<string> {
  const tagsFile = join(folder, 'tags.txt');
  await writeFile(tagsFile, tags.split(' ').join('\n'));
  const words = line.split(' ').map((word) => (word === 'tags.txt' ? tagsFile : word));
  const { stdout } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', 'src/main.ts', ...words], {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: folder },
  });
  return stdout;
}

const squeeze = (text: string) => text.replaceAll(/[ \t]+/g, ' ').trim();

describe('docs/why-was-my-tag-not-picked.md', () => {
  test('its example prints what the page says', async () => {
    const page = await readFile(join(root, 'docs/why-was-my-tag-not-picked.md'), 'utf8');
    const [, tags = '', command = '', output = ''] =
      /printf '%s\\n' (.*) > tags\.txt\ntagalong (.*)\n```\n\n```text\n([\s\S]*?)```/.exec(page) ?? [];
    expect(squeeze(await tagalong(command, tags))).toBe(squeeze(output));
  });
});

describe('docs/pin-a-version.md', () => {
  const tags = '1.4.1 1.4.2 1.4.3 1.5.0-rc.1 1.5.0 2.0.0';
  const picks = async (range: string) => {
    const policy = `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: {name: web, namespace: flux-system}
spec: {imageRepositoryRef: {name: web}, policy: {semver: {range: "${range}"}}}
`;
    await writeFile(join(folder, 'policy.yaml'), policy);
    const answer = await tagalong(`explain policy -f ${join(folder, 'policy.yaml')} --tags-file tags.txt -o json`, tags);
    return (JSON.parse(answer) as { selected: string | null }).selected;
  };

  test.for([
    ['1.4.2', '1.4.2'],
    ['1.4.x', '1.4.3'],
    ['~1.4.0', '1.4.3'],
    ['1.4', '1.4.3'],
    ['1.x', '1.5.0'],
    ['^1.4.0', '1.5.0'],
    ['>=1.4.0-0 <1.5.0', '1.5.0-rc.1'],
  ] as const)('the range %s picks %s', async ([range, tag]) => {
    expect(await picks(range)).toBe(tag);
  });
});
