import { expect, test } from 'vitest';
import type { GitRepository } from '../../src/api/index.ts';
import { sourceEvents } from '../../src/reconcilers/source-events.ts';

const known = { revision: 'main@sha1:1', digest: 'sha256:1' };
const words = { stored: 'stored it', unchanged: { reason: 'ArtifactUpToDate', message: 'nothing new' } };

function source(status: object): GitRepository {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'a', namespace: 'b' },
    spec: { url: 'https://git.example/a', interval: '1m' },
    status,
  } as unknown as GitRepository;
}

test.for([
  { because: 'the first artifact is news', before: null, made: known, tells: ['NewArtifact'] },
  { because: 'so is another revision', before: known, made: { revision: '2', digest: 'sha256:2' }, tells: ['NewArtifact'] },
  {
    because: 'so is another content of the same revision, such as by other ignore rules',
    before: known,
    made: { revision: known.revision, digest: 'sha256:2' },
    tells: ['NewArtifact'],
  },
  { because: 'another revision with the same content is none', before: known, made: { ...known, revision: '2' }, tells: [] },
  { because: 'what is made again as it was is no news', before: known, made: known, tells: ['ArtifactUpToDate, a trace'] },
  { because: 'nothing to make is none either', before: known, made: null, tells: ['ArtifactUpToDate, a trace'] },
  {
    because: 'the end of failures is told, also where nothing had to be made',
    before: known,
    made: null,
    failed: true,
    tells: ['Succeeded', 'ArtifactUpToDate, a trace'],
  },
  {
    because: 'a new artifact after failures is told once',
    before: known,
    made: { revision: '2', digest: 'sha256:2' },
    failed: true,
    tells: ['NewArtifact'],
  },
  {
    because: 'what was cleared away is a trace',
    before: known,
    made: { revision: '2', digest: 'sha256:2' },
    collected: 2,
    tells: ['GarbageCollectionSucceeded, a trace', 'NewArtifact'],
  },
])('$because', ({ before, made, failed = false, collected = 0, tells }) => {
  const conditions = failed ? [{ type: 'FetchFailed', status: 'True' }] : [];
  const resource = source({ conditions, ...(before === null ? {} : { artifact: before }) });
  const events = sourceEvents(resource, { artifact: made, collected }, words, ['FetchFailed']);
  expect(events.map(({ reason, trace }) => (trace === true ? `${reason}, a trace` : reason))).toEqual(tells);
});
