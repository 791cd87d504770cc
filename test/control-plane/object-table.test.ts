import { expect, test } from 'vitest';
import { ObjectTable, type TableEvent } from '../../src/control-plane/objects/object-table.ts';

const object = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } });

test('a listener that throws keeps nobody else from being told', () => {
  const errors: unknown[] = [];
  const table = new ObjectTable((error) => errors.push(error));
  const told: string[] = [];
  table.subscribe(null, () => {
    throw new Error('broken');
  });
  table.subscribe(null, ({ object: { metadata } }) => told.push(metadata.name));
  table.put('/configmaps', object('a'));
  table.put('/configmaps', object('b'));
  expect({ told, errors: errors.length }).toEqual({ told: ['a', 'b'], errors: 2 });
});

test('a write within a listener is told to everybody after the write that caused it', () => {
  const table = new ObjectTable(() => {});
  const told: TableEvent[] = [];
  table.subscribe('/configmaps', ({ object: { metadata } }) => {
    if (metadata.name === 'first') table.put('/configmaps', object('second'));
  });
  table.subscribe('/configmaps', (event) => told.push(event));
  table.put('/configmaps', object('first'));
  expect(told.map((event) => event.object.metadata.name)).toEqual(['first', 'second']);
});

test('a journal that fails leaves the table as it was', () => {
  const full = () => {
    throw new Error('disk is full');
  };
  const table = new ObjectTable(() => {}, { put: full, remove: full });
  expect(() => table.put('/configmaps', object('a'))).toThrow('disk is full');
  expect({ found: table.get('/configmaps', 'default', 'a'), version: table.version }).toEqual({ found: undefined, version: 1 });
});
