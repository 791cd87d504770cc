import { expect, test } from 'vitest';
import { type DriftDecision, manifestDigest } from '../../src/apply/index.ts';
import type { KubeObject } from '../../src/core/index.ts';
import { type CandidateFacts, decideCandidate } from '../../src/reconcilers/kustomization-candidates.ts';

const manifest: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'default' } };
const once: KubeObject = {
  ...manifest,
  metadata: { ...manifest.metadata, annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' } },
};
const ignored: KubeObject = {
  ...manifest,
  metadata: { ...manifest.metadata, annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'Ignore' } },
};
const record = { uid: 'u', manifestDigest: manifestDigest(manifest), entryHash: 'h' };
const nothing: DriftDecision = { do: 'nothing', because: 'as we left it' };
const correct: DriftDecision = { do: 'correct', because: 'changed', fields: [], cleanup: false };
const usual: CandidateFacts = {
  record,
  look: { state: 'seen', object: manifest },
  drift: nothing,
  contested: false,
  full: false,
};
const unknown = { state: 'unknown', because: 'it cannot be watched' } as const;

test.for([
  { because: 'unchanged and as it was left', of: manifest, facts: {}, does: 'leave' },
  { because: 'nothing is recorded', of: manifest, facts: { record: null }, does: 'send' },
  { because: 'its manifest changed', of: manifest, facts: { record: { ...record, manifestDigest: 'other' } }, does: 'send' },
  { because: 'it drifted', of: manifest, facts: { drift: correct }, does: 'send' },
  { because: 'it is gone', of: manifest, facts: { look: { state: 'absent' as const }, drift: correct }, does: 'send' },
  { because: 'somebody insists on another value', of: manifest, facts: { drift: correct, contested: true }, does: 'leave' },
  {
    because: 'somebody insists, but the interval is over',
    of: manifest,
    facts: { drift: correct, contested: true, full: true },
    does: 'send',
  },
  { because: 'it cannot be watched', of: manifest, facts: { look: unknown }, does: 'leave' },
  { because: 'it cannot be watched, but the interval is over', of: manifest, facts: { look: unknown, full: true }, does: 'send' },
  { because: 'the interval alone sends nothing that is watched', of: manifest, facts: { full: true }, does: 'leave' },
  { because: 'it is to be ignored', of: ignored, facts: { record: null }, does: 'skip' },
  { because: 'it is only created when absent, and it is there', of: once, facts: { record: null }, does: 'skip' },
  {
    because: 'it is only created when absent, and it is not there',
    of: once,
    facts: { record: null, look: { state: 'absent' as const } },
    does: 'send',
  },
])('$because: $does', ({ of, facts, does }) => {
  expect(decideCandidate(of, { ...usual, ...facts }).do).toBe(does);
});
