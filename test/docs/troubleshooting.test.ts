import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { kindDefinitions } from '../../src/api/kind-definitions.ts';
import { readSources, type SourceFile } from '../architecture/read-source.ts';
import { readList, readTable } from '../architecture/read-tables.ts';

const page = readFileSync(new URL('../../docs/troubleshooting.md', import.meta.url), 'utf8');
const sources = readSources();

/** The embedded Kubernetes API and what speaks to one have the reasons of Kubernetes; the demo and the sandbox are no part of the bot. */
const foreign = new Set(['control-plane', 'cluster', 'sandbox', 'demo', 'web']);

/** Words of two or more capitals that are no reason: kinds, condition types, values of fields. */
const otherWords = new Set([
  ...Object.keys(kindDefinitions),
  ...[
    'ArtifactInStorage',
    'ArtifactOutdated',
    'BranchKept',
    'FetchFailed',
    'IncludeUnavailable',
    'MarkersIgnored',
    'RequestsOpen',
    'SourceVerified',
    'StorageOperationFailed',
  ],
  ...['ConfigMap', 'CustomResourceDefinition', 'ClusterRole', 'ClusterRoleBinding', 'ExternalArtifact', 'OCIRepository'],
  ...['LimitRange', 'LoadRestrictionsNone', 'MutatingWebhookConfiguration', 'PersistentVolume', 'PersistentVolumeClaim'],
  ...['PodDisruptionBudget', 'PodSecurityPolicy', 'PriorityClass', 'ResourceQuota', 'RoleBinding', 'ServiceAccount'],
  ...['StatefulSet', 'StorageClass', 'ValidatingWebhookConfiguration', 'CronJob', 'IngressClass', 'ReplicaSet', 'DaemonSet'],
  ...['DoesNotExist', 'NotIn', 'TimeoutError', 'ValidationError', 'HorizontalPodAutoscaler', 'ScaledObject'],
  ...['ErrImagePull', 'ImagePullBackOff', 'RegistryUnavailable', 'ErrImageNeverPull', 'InvalidImageName', 'CrashLoopBackOff'],
  ...['MissingImage', 'NotReady', 'PodScheduled', 'DisruptionTarget', 'InProgress', 'ReplicationController'],
  ...['GetCallerIdentity', 'MirrorPrune', 'WaitForTermination', 'IfNotPresent', 'TagAndHEAD', 'WithVariables'],
]);
const foldersOfReasons = new Set([
  'app',
  'auth',
  'build',
  'engine',
  'git',
  'hold',
  'policies',
  'reconcilers',
  'registry',
  'rollout',
  'source',
]);

const reasonWord = /^[A-Z][A-Za-z]+$/;
const severalCapitals = /^(?=.*[a-z])(?:[A-Z][a-z]*){2,}$/;
const namedReason = /\breason\b['"]?\s*[:=]\s*(?:[^;,{}]{0,120}\?\s*)?'([^']+)'(?:\s*:\s*'([^']+)')?/g;

/** `waitFor(guard, 'Soaking', …)` and `refuse(guard, 'Held', …)`: why a guard is closed. */
const guardReason = /\b(?:waitFor|refuse)\(\s*[^,'()]+,\s*'([A-Z][A-Za-z]+)'/g;

function reasonsOf(file: SourceFile): string[] {
  if (foreign.has(file.folder)) return [];
  const named = [...file.code.matchAll(namedReason)].flatMap(([, a = '', b = '']) => [a, b]);
  const guarding = [...file.code.matchAll(guardReason)].map(([, reason = '']) => reason);
  const looking = foldersOfReasons.has(file.folder) ? file.texts.filter((text) => severalCapitals.test(text)) : [];
  return [...named, ...guarding, ...looking].filter((word) => reasonWord.test(word) && !otherWords.has(word));
}

/** `new GitError('GIT_FAILED', …)` and whatever else stands in an `error.ts`. */
function codesOf(file: SourceFile): string[] {
  const raised = [...file.code.matchAll(/\bnew \w*Error\(\s*'([A-Z][A-Z_]+)'/g)].map(([, code = '']) => code);
  const declared = file.path.endsWith('/error.ts') ? file.texts.filter((text) => /^[A-Z][A-Z_]+$/.test(text)) : [];
  return [...raised, ...declared];
}

const reasons = [...new Set(sources.flatMap(reasonsOf))].toSorted();
const codes = [...new Set(sources.flatMap((file) => codesOf(file).map((code) => `${code} from ${file.folder}`)))].toSorted();
const codeRows = readTable(page, 'code').flatMap((row) =>
  readList(row['from'] ?? '').map((from) => `${row['code']} from ${from}`),
);

test('reasons and codes were found', () => {
  expect(reasons).toEqual(expect.arrayContaining(['NotImplemented', 'BuildFailed', 'Reverted', 'InvalidPolicy', 'Succeeded']));
  expect(codes).toEqual(expect.arrayContaining(['GIT_FAILED from git', 'TLS from registry', 'INVALID_RESOURCE from api']));
});

test('every reason in the code is on the page', () => {
  const rows = new Set([...page.matchAll(/^\|(?: [^`|]+ \|)? `(\w+)` \|/gm)].map(([, word]) => word));
  expect(reasons.filter((reason) => !rows.has(reason))).toEqual([]);
});

test('the page names no reason that is not there any more', () => {
  const rows = [...page.matchAll(/^\|(?: [^`|]+ \|)? `(\w+)` \|/gm)].map(([, word = '']) => word);
  expect(rows.filter((word) => !/^[A-Z_]+$/.test(word) && !reasons.includes(word))).toEqual([]);
});

test('every error code is on the page, beside the folder that raises it', () => {
  expect(codes.filter((code) => !codeRows.includes(code))).toEqual([]);
});

test('the page names no code that is not there any more', () => {
  expect(codeRows.filter((row) => !codes.includes(row))).toEqual([]);
});

test('every row says what it means and what to do', () => {
  const rows = page.split('\n').filter((line) => /^\|.*`\w+`/.test(line));
  const empty = rows.filter((line) =>
    line
      .split('|')
      .slice(1, -1)
      .some((cell) => cell.trim() === ''),
  );
  expect(empty).toEqual([]);
});
