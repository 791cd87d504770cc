import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatProblem, readFolder, readPolicies, rewriteFolder } from './rewrite-folder.ts';

const root = join(import.meta.dirname, '../cases/edit');
const cases = readdirSync(root);

test('there are cases', () => expect(cases.length).toBeGreaterThan(24));

test.for(cases)('%s', (name) => {
  const folder = join(root, name);
  const policies = readPolicies(join(folder, 'policies.yaml'));
  const wanted = readFolder(join(folder, 'after'));
  const first = rewriteFolder(readFolder(join(folder, 'before')), policies);
  expect(asText(first.after)).toEqual(asText(wanted));
  expect(first.problems.map(formatProblem)).toEqual(wantedProblems(folder));
  const second = rewriteFolder(first.after, policies);
  expect(asText(second.after)).toEqual(asText(wanted));
});

/** latin1 maps each byte to one character, so that a difference of any byte shows. */
function asText(files: Map<string, Buffer>): Record<string, string> {
  return Object.fromEntries([...files].map(([path, bytes]) => [path, bytes.toString('latin1')]));
}

function wantedProblems(folder: string): string[] {
  const path = join(folder, 'problems.txt');
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
}
