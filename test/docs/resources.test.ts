import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderReference } from '../../docs/render-reference.ts';
import { kindDefinitions } from '../../src/api/kind-definitions.ts';

const page = readFileSync(new URL('../../docs/resources.md', import.meta.url), 'utf8');

test('docs/resources.md is what the schemas say (else: node docs/generate-reference.ts)', () => {
  expect(page).toBe(renderReference());
});

const gaps = Object.values(kindDefinitions).flatMap((kind) => kind.gaps.map((gap) => ({ kind: kind.kind, ...gap })));

test.for(gaps)('$kind $path is marked as not implemented', ({ kind, path, because }) => {
  const section = page.split('\n## ').find((text) => text.startsWith(`${kind}\n`)) ?? '';
  const line = section.split('\n').find((row) => row.includes(`\`${path}\``)) ?? '';
  expect(line).toContain(`*Not yet:* ${because}.`);
});
