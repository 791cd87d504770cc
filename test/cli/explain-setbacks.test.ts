import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KubeObject } from '../../src/core/index.ts';
import { imagePolicy, imageRepository, imageUpdateAutomation, updateGuard } from '../journeys/support/resources.ts';
import { condition, type Home, openHome } from './support/open-home.ts';
import { runInProcess, temporaryFolder } from './support/run-tagalong.ts';

const inApps = { metadata: { namespace: 'apps' } };
const held =
  'example.com/web:1.3.0 is held at apps/web.yaml (Deployment apps/web, spec.image; policy apps/web): Ann changed it from ' +
  'example.com/web:1.3.0 to example.com/web:1.0.0 in abcdef0 (Revert "Bump"); a newer tag goes on by itself; `tagalong release web -n apps` lands this one';

let home: Home;
beforeAll(async () => {
  home = await openHome();
  const guarded = (tag: string, reason: string, more: object = {}) => ({
    ...{ policy: 'apps/web', candidate: `example.com/web:${tag}@sha256:${'0'.repeat(64)}`, decision: 'Refuse', reason },
    message: `because of ${reason}`,
    ...more,
  });
  const guard: KubeObject = {
    ...updateGuard({}, 'nature'),
    status: {
      guarded: [
        guarded('1.5.0', 'PlatformMissing'),
        guarded('1.4.0', 'SignatureMissing'),
        { ...guarded('1.9.0', 'PlatformMissing'), policy: 'apps/other' },
      ],
    },
  };
  await home.put(
    imageRepository('example.com/web', inApps),
    imagePolicy('web', inApps),
    { ...imageUpdateAutomation(inApps), status: { conditions: [condition('Held', 'True', 'Reverted', held)] } },
    { ...guard, metadata: { ...guard.metadata, namespace: 'apps' } },
  );
});
afterAll(() => home[Symbol.asyncDispose]());

async function explain(...args: readonly string[]): Promise<string> {
  await using folder = await temporaryFolder();
  const tags = join(folder.path, 'tags');
  await writeFile(tags, '1.0.0\n1.3.0\n1.4.0\n1.5.0\n');
  const words = ['explain', 'policy', 'web', '-n', 'apps', '--tags-file', tags, '--kubeconfig', home.kubeconfig, ...args];
  const { code, stdout, stderr } = await runInProcess(words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

test('what guards passed over is told with its stage, and the answer with what keeps it from landing', async () => {
  const { selected, tags } = JSON.parse(await explain('-o', 'json')) as {
    selected: string;
    tags: { tag: string; stage: string }[];
  };
  expect(selected).toBe('1.3.0');
  expect(Object.fromEntries(tags.map(({ tag, stage }) => [tag, stage]))).toEqual({
    '1.5.0': 'platform',
    '1.4.0': 'signature',
    '1.3.0': 'hold',
    '1.0.0': 'order',
  });
});

test('people read who held it, and which guard', async () => {
  const text = await explain();
  expect(text).toContain('picked, and held: it was taken back in git');
  expect(text).toContain('Ann changed it from example.com/web:1.3.0');
  expect(text).toContain('because of PlatformMissing (guard apps/nature)');
});
