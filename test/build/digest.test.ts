import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createBuilder } from '../../src/build/index.ts';
import { silentLog } from '../../src/core/index.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { kustomizeCommand } from '../real/index.ts';
import { artifactOf } from './folder-artifact.ts';

const { signal } = new AbortController();
const newBuilder = () => createBuilder({ kustomize: () => null, log: silentLog });

test('objects keep the order of files and documents, as the kustomize-controller of Flux 2.9.5 wrote the digest for', async () => {
  const settings = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\ndata: {color: blue}\n';
  const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: token, namespace: shop}\nstringData: {token: abc}\n';
  const artifact = artifactOf({
    'apps/rest.yaml': [
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n',
      settings,
      secret,
      `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.shop.example.com}
spec:
  group: shop.example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
`,
    ].join('---\n'),
    'apps/web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: '127.0.0.1:5000/web:1.0.0'}]}
`,
  });
  const { digest } = await newBuilder().build({ artifact, path: './apps', signal });
  expect(digest).toBe('sha256:c4b4d8086c8097c8ad0ede998f9fdf9eff1820b57e0896ef0336eb8c1e7429df');
});

test('the digest of a Namespace is the one that Flux 2.9.4 wrote into status.history for it', async () => {
  const artifact = artifactOf({
    'infra/ns.yaml': '# comments do not count\nkind: Namespace\napiVersion: v1\nmetadata:\n    name: web\n',
  });
  const { digest } = await newBuilder().build({ artifact, path: './infra', signal });
  expect(digest).toBe('sha256:3db881f49b0d9d3bd3b7dc902ed62506648c58c9f868bf4f843defa43dda8e07');
});

const scalars = `
apiVersion: v1
kind: ConfigMap
metadata:
  name: scalars
  annotations: {x: yes, y: 8080, z: null, v: 1.10}
data:
  yes: yes
  Y: "Y"
  oct: 0777
  us: 1_000
  sex: 22:22
  date: 2020-01-01
  time: 2001-12-14t21:59:43.10-05:00
  f1: 1.0
  f2: 1e3
  f3: .5
  f4: 0.1e-7
  f5: 123456789.123
  f6: 100000.5
  f7: -1e-5
  nothing:
  long: "aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj kkkk llll mmmm nnnn oooo pppp qqqq rrrr ssss tttt"
  long colon: "a: bcd efghijklmno pqrstuvwxyz abcde fghijklmnopqrstuvwxyzabcdefghijklm nopqrstuvwxyz abcdefghijkl mnopqrst uvwxyz"
  long tab: "\\ta bcd efghijklmno pqrstuvwxyz abcde  fghijklmnopqrstuvwxyzabcdefghijklm nopqrstuvwxyz  abcdefghijkl mnopqrst uvwxyz"
  one word: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  block: |
    hi
      there

    x
  folded: >-
    a b
    c
  stripped: |-
    no newline
  kept: "a\\n\\n"
  only newline: "\\n"
  leading: " x\\ny"
  trailing space: "a \\nb"
  tab: "a\\tb"
  unicode: "é ü 漢字"
  emoji: "\\U0001F600 ok"
  control: "\\u0007"
  colon: "a: b"
  colon2: "a:b"
  hash: "a #b"
  hash2: "a#b"
  lead: " x"
  trail: "x "
  dash: "- a"
  dash2: "-a"
  question: "? x"
  star: "*a"
  bang: "!x"
  percent: "%a"
  at: "@a"
  quotes: "it's \\"so\\""
  empty: ""
  map: {}
  list: []
  nest: [[1, 2], [{a: 1}, {b: [1]}], []]
  text numbers: ["1_000", "0x1F", "1e3", "22:22", "2020-01-01", "0o17", "09", ".5", "+1", "0b1", "1.2.3", "-", "--- a", "~", "<<", "="]
  words: ["true", "y", "N", "on", "Off", "null", "no way"]
  json: '{"a": [1, 2]}'
`;

const objects = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: b}
spec:
  template:
    spec:
      containers:
      - name: app
        image: x:1
        args: ["--a=b", "c"]
        env: [{name: A, value: "1"}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: z}
---
apiVersion: v1
kind: Pod
metadata: {name: z}
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: z}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: y}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: a}
---
apiVersion: example.com/v1
kind: Thing
metadata: {name: a}
---
apiVersion: v1
kind: Secret
metadata: {name: a}
stringData: {password: "p: x"}
---
apiVersion: v1
kind: Namespace
metadata: {name: b}
`;

describeWithParts(['kustomize'], 'beside a real kustomize', () => {
  test('a plain folder has the digest of what kustomize prints for it', async () => {
    await using folder = await folderWith({
      'a.yaml': scalars,
      'b.yaml': objects,
      'kustomization.yaml': 'resources: [a.yaml, b.yaml]\n',
    });
    const [program, ...args] = kustomizeCommand();
    const printed = execFileSync(program, [...args, ...(args.length === 0 ? ['build'] : []), '--reorder', 'none', folder.path], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const build = await newBuilder().build({
      artifact: artifactOf({ 'a.yaml': scalars, 'b.yaml': objects }),
      path: './',
      signal,
    });
    const { formatYaml } = await import('../../src/build/index.ts');
    expect(build.objects.map(({ object }) => formatYaml(object)).join('---\n')).toBe(printed.toString());
    expect(build.digest).toBe(`sha256:${createHash('sha256').update(printed).digest('hex')}`);
  });
});

async function folderWith(files: Readonly<Record<string, string>>): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'tagalong-digest-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
