import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { defaultBuildLimits } from '../../src/build/build-limits.ts';
import { readObjects } from '../../src/build/read-objects.ts';
import { loadKubeconfig } from '../../src/cluster/kubeconfig.ts';
import { findMarkers } from '../../src/edit/index.ts';
import { imageHints } from '../../src/receive/index.ts';
import { parseTagPage } from '../../src/registry/tag-page.ts';
import { parseRange } from '../../src/select/index.ts';
import { defaultArchiveLimits, readArchive } from '../../src/source/index.ts';
import { substituteVariables } from '../../src/substitute/index.ts';
import { parseTemplate } from '../../src/template/index.ts';

const bytes = fc.uint8Array({ maxLength: 2000 }).map((found) => Buffer.from(found));
const words = fc.oneof(
  fc.string({ maxLength: 300 }),
  fc.string({
    unit: fc.constantFrom(
      '$',
      '{',
      '}',
      ':',
      '=',
      '-',
      '%',
      '#',
      '/',
      'a',
      '"',
      "'",
      '\\',
      '\n',
      ' ',
      '&',
      '*',
      '|',
      '.',
      '(',
      ')',
    ),
    maxLength: 120,
  }),
  fc.constantFrom(
    '__proto__',
    'constructor',
    `$\{__proto__}`,
    `$\{constructor:-x}`,
    '{{ .__proto__ }}',
    '{{ .constructor.constructor }}',
  ),
);

/** `npm run faults -- --fuzz` asks for longer runs than the suite makes. */
const { FUZZ_RUNS, FUZZ_SEED } = process.env;
if (FUZZ_RUNS !== undefined) fc.configureGlobal({ numRuns: Number(FUZZ_RUNS), seed: Number(FUZZ_SEED ?? 1) });

/** Throws an error that is no mistake in the program, or nothing. */
function survives(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    expect(error).not.toBeInstanceOf(TypeError);
    expect(error).not.toBeInstanceOf(ReferenceError);
    expect(error).not.toBeInstanceOf(RangeError);
  }
}

describe('whatever comes from outside, it is an answer or an error and never a crash', () => {
  test('markers in any text', () => {
    fc.assert(fc.property(words, (text) => survives(() => findMarkers('a.yaml', text))));
    fc.assert(fc.property(words, (text) => survives(() => findMarkers('a.yaml', `image: ${text} # {"$imagepolicy": "a:b"}\n`))));
  });
  test('variables in any text', () => {
    fc.assert(fc.property(words, (text) => survives(() => substituteVariables(text, new Map([['a', Buffer.from('b')]])))));
  });
  test('templates of any text', () => {
    fc.assert(fc.property(words, (text) => survives(() => parseTemplate(`{{ ${text} }}`))));
  });
  test('ranges of any text', () => {
    fc.assert(fc.property(words, (text) => survives(() => parseRange(text))));
  });
  test('manifests of any text', () => {
    const read = (text: string) => readObjects(Buffer.from(text), 'a.yaml', defaultBuildLimits);
    fc.assert(fc.property(words, (text) => survives(() => read(text))));
    fc.assert(
      fc.property(words, (text) => survives(() => read(`kind: A\napiVersion: v1\nmetadata: {name: a}\ndata: ${text}\n`))),
    );
    fc.assert(fc.property(bytes, (found) => survives(() => readObjects(found, 'a.yaml', defaultBuildLimits))));
  });
  test('kubeconfigs of any text', () => {
    fc.assert(fc.property(words, (tenantYaml) => survives(() => loadKubeconfig({ tenantYaml }))));
    fc.assert(fc.property(fc.json(), (tenantYaml) => survives(() => loadKubeconfig({ tenantYaml }))));
  });
  test('answers of registries of any shape', () => {
    const read = (body: string | Buffer) => parseTagPage(Buffer.from(body), () => true);
    fc.assert(fc.property(fc.json(), (body) => survives(() => read(body))));
    fc.assert(fc.property(fc.anything(), (tags) => survives(() => read(JSON.stringify({ name: 'a', tags }) ?? ''))));
    fc.assert(fc.property(bytes, (body) => survives(() => read(body))));
  });
  test('bodies of webhooks of any shape', () => {
    fc.assert(fc.property(fc.jsonValue(), (body) => survives(() => imageHints(body))));
    fc.assert(fc.property(fc.anything(), (body) => survives(() => imageHints(body))));
  });
  test('archives of any bytes', async () => {
    const read = async (found: Buffer) => {
      const files = [];
      for await (const file of readArchive(Readable.from([found]), defaultArchiveLimits)) files.push(file);
    };
    await fc.assert(
      fc.asyncProperty(bytes, async (found) => {
        const error: unknown = await read(found).then(
          () => null,
          (reason: unknown) => reason,
        );
        expect(error).not.toBeInstanceOf(TypeError);
      }),
      { numRuns: FUZZ_RUNS === undefined ? 50 : Number(FUZZ_RUNS) },
    );
  });
});

afterEach(() => {
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test.for(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
  'a variable named %s that nobody set is not found in an object',
  (name) => {
    expect(String(substituteVariables(`[\${${name}:-none}]`, new Map()))).toBe('[none]');
  },
);
