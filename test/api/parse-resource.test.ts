import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findServedKind, formatPath, parseResource, type Resource, ValidationError } from '../../src/api/index.ts';
import { buildResource } from './build-resource.ts';
import { validationRows } from './validation-rows.ts';

function catchProblems(attempt: () => unknown): { problems: string[]; unknown: string[]; message: string } {
  try {
    attempt();
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const problems = error.problems.map(({ path, message }) => (path.length === 0 ? message : `${formatPath(path)}: ${message}`));
    return { problems: problems.toSorted(), unknown: error.unknownFields.map(formatPath), message: error.message };
  }
  return { problems: [], unknown: [], message: '' };
}

describe('a resource from a file is checked as an API server checks it', () => {
  test.for(validationRows)('$kind: $because', ({ kind, spec, parts, problems }) => {
    const found = catchProblems(() => parseResource(kind, buildResource(kind, spec, parts)));
    expect(found.problems).toEqual(problems.toSorted());
  });
});

test('a value of the wrong type is told so once, also where only some values are allowed', () => {
  const object = buildResource('Kustomization', { deletionPolicy: 3 }); // an API server says it twice
  expect(catchProblems(() => parseResource('Kustomization', object)).problems).toEqual([
    'spec.deletionPolicy: Invalid value: "integer": spec.deletionPolicy in body must be of type string: "integer"',
  ]);
});

describe('defaults are filled in', () => {
  test.for([
    { kind: 'GitRepository', spec: {}, adds: { timeout: '60s' } },
    {
      kind: 'GitRepository',
      spec: { verify: { secretRef: { name: 'keys' } } },
      adds: { timeout: '60s', verify: { mode: 'HEAD', secretRef: { name: 'keys' } } },
    },
    { kind: 'Kustomization', spec: {}, adds: { force: false } },
    {
      kind: 'Kustomization',
      spec: { postBuild: { substituteFrom: [{ kind: 'Secret', name: 'a' }] } },
      adds: { force: false, postBuild: { substituteFrom: [{ kind: 'Secret', name: 'a', optional: false }] } },
    },
    { kind: 'ImageRepository', spec: {}, adds: { provider: 'generic', exclusionList: ['^.*\\.sig$'] } },
    { kind: 'ImageRepository', spec: { exclusionList: [] }, adds: { provider: 'generic', exclusionList: [] } },
    {
      kind: 'ImagePolicy',
      spec: { policy: { alphabetical: {}, numerical: { order: null } } },
      adds: { digestReflectionPolicy: 'Never', policy: { alphabetical: { order: 'asc' }, numerical: { order: 'asc' } } },
    },
    {
      kind: 'ImageUpdateAutomation',
      spec: {},
      adds: { sourceRef: { kind: 'GitRepository', name: 'app' }, update: { strategy: 'Setters' } },
    },
    {
      kind: 'ImageUpdateAutomation',
      spec: { update: { path: 'apps' } },
      adds: { sourceRef: { kind: 'GitRepository', name: 'app' }, update: { path: 'apps', strategy: 'Setters' } },
    },
  ] as const)('$kind with $spec', ({ kind, spec, adds }) => {
    const written = buildResource(kind, spec);
    expect(parseResource(kind, written).spec).toEqual({ ...(written['spec'] as object), ...adds });
  });

  test('a status that nobody wrote yet has seen generation -1', () => {
    expect(parseResource('GitRepository', buildResource('GitRepository')).status).toEqual({ observedGeneration: -1 });
  });

  test('a status that is there stays, and gets no default', () => {
    const status = { latestRef: { name: 'registry.example/app', tag: '1.0.0' } };
    expect(parseResource('ImagePolicy', buildResource('ImagePolicy', {}, { status })).status).toEqual(status);
  });
});

describe('fields that the kind does not have', () => {
  test('are found in metadata too', () => {
    const metadata = { name: 'app', label: {}, labels: { any: 'x' } };
    const object = buildResource('GitRepository', {}, { metadata });
    expect(catchProblems(() => parseResource('GitRepository', object)).unknown).toEqual(['metadata.label']);
  });

  const misspelt = buildResource(
    'GitRepository',
    { intervall: '1m', ref: { brunch: 'main' }, include: [{ repository: { name: 'a', x: 1 } }] },
    { spce: {} },
  );

  test('are all named', () => {
    expect(catchProblems(() => parseResource('GitRepository', misspelt)).unknown).toEqual([
      'spce',
      'spec.include[0].repository.x',
      'spec.intervall',
      'spec.ref.brunch',
    ]);
  });

  test('are left out where that is asked for', () => {
    const { spec } = parseResource('GitRepository', misspelt, { unknownFields: 'drop' });
    expect(spec).toEqual({
      url: 'https://git.example/app.git',
      interval: '1m',
      timeout: '60s',
      ref: {},
      include: [{ repository: { name: 'a' } }],
    });
  });

  test('keys of maps are not fields', () => {
    const labels = { constructor: 'a', __proto__x: 'b' };
    const parsed = parseResource('Kustomization', buildResource('Kustomization', { commonMetadata: { labels } }));
    expect(parsed.spec.commonMetadata?.labels).toEqual(labels);
  });
});

describe('metadata', () => {
  const subdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
  test.for([
    { because: 'a name is needed', metadata: {}, problems: ['metadata.name: Required value: name or generateName is required'] },
    {
      because: 'metadata is needed',
      metadata: undefined,
      problems: ['metadata.name: Required value: name or generateName is required'],
    },
    { because: 'dots are allowed in names', metadata: { name: 'a.b-c' }, problems: [] },
    { because: 'capitals are not', metadata: { name: 'App' }, problems: [`metadata.name: Invalid value: "App": ${subdomain}`] },
    {
      because: 'a name that YAML reads as a number is none',
      metadata: { name: 12 },
      problems: ['metadata.name: Invalid value: 12: must be of type string'],
    },
    {
      because: 'nobody leaves the namespace by a slash',
      metadata: { name: '../a' },
      problems: [`metadata.name: Invalid value: "../a": ${subdomain}`],
    },
    {
      because: 'values that YAML reads as something else need quotes',
      metadata: { name: 'a', labels: { ok: 'yes', version: 1 }, annotations: { on: true } },
      problems: [
        'metadata.annotations.on: Invalid value: true: must be of type string; put it in quotes',
        'metadata.labels.version: Invalid value: 1: must be of type string; put it in quotes',
      ],
    },
    {
      because: 'keys have a grammar',
      metadata: { name: 'a', annotations: { 'no spaces': 'x', 'UPPER.example/a': 'x', 'ok.example/A_b': 'x' } },
      problems: [
        `metadata.annotations: Invalid value: "UPPER.example/a": prefix part ${subdomain}`,
        "metadata.annotations: Invalid value: \"no spaces\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
      ],
    },
  ])('$because', ({ metadata, problems }) => {
    const found = catchProblems(() => parseResource('GitRepository', buildResource('GitRepository', {}, { metadata })));
    expect(found.problems).toEqual(problems);
  });
});

test('fields of metadata that are null are dropped, as generated manifests have them', () => {
  const metadata = { name: 'app', creationTimestamp: null, labels: null };
  expect(parseResource('GitRepository', buildResource('GitRepository', {}, { metadata })).metadata).toEqual({ name: 'app' });
});

describe('which kind a document is', () => {
  test('is told by group, version and kind together', () => {
    expect(findServedKind(buildResource('ImagePolicy'))?.plural).toBe('imagepolicies');
    expect(findServedKind({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' })).toBeNull();
    expect(findServedKind({ apiVersion: 'source.toolkit.fluxcd.io/v1beta2', kind: 'GitRepository' })).toBeNull();
    expect(findServedKind(['a'])).toBeNull();
  });

  test('has to be the one that is asked for', () => {
    const old = { ...buildResource('GitRepository'), apiVersion: 'source.toolkit.fluxcd.io/v1beta2' };
    expect(catchProblems(() => parseResource('GitRepository', old)).problems).toEqual([
      'apiVersion: Unsupported value: "source.toolkit.fluxcd.io/v1beta2": supported values: "source.toolkit.fluxcd.io/v1"',
    ]);
    expect(catchProblems(() => parseResource('GitRepository', null)).problems).toEqual(['the document is no object']);
  });
});

describe('messages', () => {
  test('name the object and everything that is wrong with it', () => {
    const { message } = catchProblems(() =>
      parseResource('GitRepository', buildResource('GitRepository', { url: undefined, reff: {} })),
    );
    expect(message).toBe(
      'GitRepository.source.toolkit.fluxcd.io "app" is invalid: [spec.url: Required value, unknown field "spec.reff"]',
    );
  });

  test('keep passwords in URLs to themselves', () => {
    const spec = { url: 'ftp://user:hunter2@git.example/a' };
    const { message } = catchProblems(() => parseResource('GitRepository', buildResource('GitRepository', spec)));
    expect(message).toContain('"ftp://[redacted]@git.example/a"');
    expect(message).not.toContain('hunter2');
  });

  test('stay short where a value is long', () => {
    const { message } = catchProblems(() =>
      parseResource('GitRepository', buildResource('GitRepository', { interval: 'x'.repeat(10_000) })),
    );
    expect(message.length).toBeLessThan(500);
  });
});

test('a value that contains itself, as YAML can say, is refused like any other', () => {
  const endless: unknown[] = [];
  endless.push(endless);
  const object = {
    ...buildResource('GitRepository'),
    metadata: { name: 'app', labels: { endless }, annotations: endless },
    spec: { url: endless, interval: '1m', sparseCheckout: endless, extra: endless },
  };
  expect(catchProblems(() => parseResource('GitRepository', object))).toMatchObject({
    problems: [
      'metadata.annotations: must be a map of strings',
      'metadata.labels.endless: Invalid value: a list: must be of type string; put it in quotes',
      'spec.sparseCheckout[0]: Invalid value: "array": spec.sparseCheckout[0] in body must be of type string: "array"',
      'spec.url: Invalid value: "array": spec.url in body must be of type string: "array"',
    ],
    unknown: ['spec.extra'],
  });
});

describe('objects as Flux 2.9.4 left them', () => {
  const recorded = JSON.parse(readFileSync(new URL('fixtures/recorded-objects.json', import.meta.url), 'utf8')) as Resource[];

  test('are of every kind that is served', () => {
    expect(new Set(recorded.map(({ kind }) => kind)).size).toBe(5);
  });

  test.for(recorded)('$kind $metadata.name is read without loss', (object) => {
    expect(parseResource(object.kind, object)).toEqual(object);
  });
});
