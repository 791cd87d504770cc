import { expect, test } from 'vitest';
import { findMarkers } from '../../src/edit/index.ts';
import { withholdWholeDocuments } from '../../src/hold/index.ts';
import { marker } from './support/manifest.ts';

const text = `tag: "1"${marker('web', ':tag')}
digest: sha256:a${marker('web', ':digest')}
api: "1"${marker('api', ':tag')}
---
tag: "2"${marker('web', ':tag')}
`;
const edits = ['one.yaml', 'two.yaml'].flatMap((file) => findMarkers(file, text).markers.map((found) => ({ marker: found })));

function describeEdits(some: readonly (typeof edits)[number][]): string[] {
  return some.map((edit) => `${edit.marker.file}#${edit.marker.document} ${edit.marker.policy.name}:${edit.marker.part}`);
}

test('a stopped digest keeps the tag of its policy in the document back, and nothing else', () => {
  const { allowed, withheld } = withholdWholeDocuments(
    edits,
    (edit) => edit.marker.part === 'digest' && edit.marker.file === 'one.yaml',
  );
  expect([describeEdits(withheld), describeEdits(allowed)]).toEqual([
    ['one.yaml#0 web:tag', 'one.yaml#0 web:digest'],
    [
      'one.yaml#0 api:tag',
      'one.yaml#1 web:tag',
      'two.yaml#0 web:tag',
      'two.yaml#0 web:digest',
      'two.yaml#0 api:tag',
      'two.yaml#1 web:tag',
    ],
  ]);
});

test('nothing stopped, nothing withheld', () => {
  expect(withholdWholeDocuments(edits, () => false)).toEqual({ allowed: edits, withheld: [] });
});
