import { describe, expect, test } from 'vitest';
import { appendToList, type ListPlace, removeFromList } from '../../src/edit/index.ts';

const place: ListPlace = { file: 'guard.yaml', document: 0, path: ['spec', 'holds'] };
const item = { policy: 'web', tags: ['1.2.0'] };

describe('appending', () => {
  test.for([
    {
      because: 'behind the last item, at its indentation, before the comment that follows',
      before: 'spec:\n  holds:\n  - policy: api # why\n    tags: [1.0.0]\n  # about soak\n  soak: 1h\n',
      after:
        'spec:\n  holds:\n  - policy: api # why\n    tags: [1.0.0]\n  - policy: web\n    tags:\n      - 1.2.0\n  # about soak\n  soak: 1h\n',
    },
    {
      because: 'a list that is not there is made behind the last field',
      before: 'kind: UpdateGuard\nspec:\n    soak: 1h\nstatus: {}\n',
      after:
        'kind: UpdateGuard\nspec:\n    soak: 1h\n    holds:\n      - policy: web\n        tags:\n          - 1.2.0\nstatus: {}\n',
    },
    {
      because: 'an empty list makes room',
      before: 'spec:\n  holds: [] # none\n  soak: 1h\n',
      after: 'spec:\n  holds:\n    - policy: web\n      tags:\n        - 1.2.0 # none\n  soak: 1h\n',
    },
    {
      because: 'a file without a last line break gets one',
      before: 'spec:\n  soak: 1h',
      after: 'spec:\n  soak: 1h\n  holds:\n    - policy: web\n      tags:\n        - 1.2.0\n',
    },
    {
      because: 'line ends stay',
      before: 'spec:\r\n  soak: 1h\r\n',
      after: 'spec:\r\n  soak: 1h\r\n  holds:\r\n    - policy: web\r\n      tags:\r\n        - 1.2.0\r\n',
    },
  ])('$because', ({ before, after }) => {
    expect(appendToList(before, place, item)).toBe(after);
  });

  test('only the document that is meant changes', () => {
    const text = 'spec:\n  a: 1\n---\nspec:\n  b: 2\n';
    expect(appendToList(text, { ...place, document: 1 }, { policy: 'web' })).toBe(
      'spec:\n  a: 1\n---\nspec:\n  b: 2\n  holds:\n    - policy: web\n',
    );
  });

  test.for(['spec:\n  holds: [{policy: api}]\n', 'spec: {soak: 1h}\n', 'spec:\n  holds: text\n', 'kind: x\n'])(
    'what cannot be written in place is refused, naming file and field: %j',
    (text) => {
      expect(() => appendToList(text, place, item)).toThrow(/guard\.yaml: spec\.holds .* by hand/);
    },
  );
});

describe('removing', () => {
  const text =
    'spec:\n  holds:\n    - policy: api\n      tags: [1.0.0]\n    # the bad one\n    - policy: web\n      tags: [1.2.0] # broken\n    - policy: shop\n      tags: [2.0.0]\n  soak: 1h\n';
  const ofPolicy = (name: string) => (value: unknown) => (value as { policy: string }).policy === name;

  test.for([
    { name: 'api', left: ['web', 'shop'] },
    { name: 'web', left: ['api', 'shop'] },
    { name: 'shop', left: ['api', 'web'] },
  ])('$name goes with its lines, the others stay', ({ name, left }) => {
    const after = removeFromList(text, place, ofPolicy(name));
    expect(after.match(/policy: \w+/g)).toEqual(left.map((one) => `policy: ${one}`));
    expect(after).toContain('# the bad one');
    expect(after).toMatch(/\n {2}soak: 1h\n$/);
  });

  test('the list goes with its last item', () => {
    expect(removeFromList('spec:\n  holds:\n    - policy: web\n  soak: 1h\n', place, () => true)).toBe('spec:\n  soak: 1h\n');
  });

  test('where nothing is meant, nothing changes', () => {
    expect(removeFromList(text, place, () => false)).toBe(text);
  });
});
