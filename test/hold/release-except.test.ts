import { expect, test } from 'vitest';
import { isReleasedBy, releaseToken } from '../../src/hold/index.ts';

const commit = 'c'.repeat(40);
const by = { commit, author: { name: 'Ann', email: 'ann@example.com', seconds: 0 }, subject: 'Revert' };
const hold = (file: string) => ({ policy: { namespace: 'default', name: 'web' }, by, file });

test.for([
  { file: 'clusters/staging/web.yaml', released: true, because: 'it is nowhere excepted' },
  { file: 'clusters/production/web.yaml', released: false, because: 'its folder is excepted' },
  { file: 'clusters/production-eu/web.yaml', released: true, because: 'another folder only begins alike' },
  { file: 'odd,na~me%.yaml', released: false, because: 'the file itself is excepted, whatever it is called' },
])('$file: released=$released, since $because', ({ file, released }) => {
  const token = releaseToken('web', commit, undefined, ['./clusters/production/', 'odd,na~me%.yaml']);
  expect(isReleasedBy(`api@${'a'.repeat(40)},${token}`, hold(file), undefined)).toBe(released);
});
