import { expect, test } from 'vitest';
import { applyModeOf } from '../../src/apply/index.ts';
import { annotated, object } from './objects.ts';

const plain = annotated({});
const ssa = (value: string) => annotated({ 'kustomize.toolkit.fluxcd.io/ssa': value });
const disabled = annotated({ 'kustomize.toolkit.fluxcd.io/reconcile': 'Disabled' });

test.for([
  { because: 'nothing is said', manifest: plain, live: plain, does: 'apply', policy: 'manage' },
  { because: 'it is new', manifest: plain, live: null, does: 'apply', policy: 'manage' },
  { because: 'the manifest is not reconciled', manifest: disabled, live: null, does: 'skip', policy: 'ignore' },
  { because: 'the live object is not reconciled', manifest: plain, live: disabled, does: 'skip', policy: 'ignore' },
  { because: 'the manifest is ignored, whatever the case', manifest: ssa('IGNORE'), live: null, does: 'skip', policy: 'ignore' },
  { because: 'the live object is ignored', manifest: plain, live: ssa('Ignore'), does: 'skip', policy: 'ignore' },
  {
    because: 'it is wanted only when absent, and is',
    manifest: ssa('IfNotPresent'),
    live: null,
    does: 'apply',
    policy: 'ifNotPresent',
  },
  {
    because: 'it is wanted only when absent, and exists',
    manifest: ssa('ifnotpresent'),
    live: plain,
    does: 'skip',
    policy: 'ifNotPresent',
  },
  {
    because: 'only the live object says IfNotPresent: git took that back',
    manifest: plain,
    live: ssa('IfNotPresent'),
    does: 'apply',
    policy: 'manage',
  },
  { because: 'another value means nothing', manifest: ssa('Whatever'), live: plain, does: 'apply', policy: 'manage' },
])('$does, because $because', ({ manifest, live, does, policy }) => {
  expect(applyModeOf(manifest, live)).toMatchObject({ do: does, policy });
});

test.for([
  { because: 'the manifest says Merge', manifest: ssa('merge'), live: plain, merge: true, force: false },
  { because: 'the live object says Merge', manifest: plain, live: ssa('Merge'), merge: true, force: false },
  {
    because: 'the manifest forces by a label',
    manifest: object('v1 ConfigMap web/a', {}, { labels: { 'kustomize.toolkit.fluxcd.io/force': 'Enabled' } }),
    live: null,
    merge: false,
    force: true,
  },
  {
    because: 'the live object forces',
    manifest: plain,
    live: annotated({ 'kustomize.toolkit.fluxcd.io/force': 'enabled' }),
    merge: false,
    force: true,
  },
])('merge is $merge and force is $force, because $because', ({ manifest, live, merge, force }) => {
  expect(applyModeOf(manifest, live)).toMatchObject({ merge, force });
});
