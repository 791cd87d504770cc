/**
 * Writes src/control-plane/kinds/protobuf-fields.json from Kubernetes' own Go modules: which number and type each field of the built-in
 * kinds has on the wire, so that kubectl's protobuf bodies can be read. Run it by hand, after generate-built-in-kinds.ts, where the modules are
 * in Go's cache (test/real/build-kube.sh fetches them): `node test/control-plane/generate-protobuf-fields.ts`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import builtIn from '../../src/control-plane/kinds/built-in-kinds.json' with { type: 'json' };

const version = 'v0.36.3';
const modules = join(execFileSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' }).trim(), 'k8s.io');
const packages = [
  ...[
    'core/v1',
    'apps/v1',
    'batch/v1',
    'rbac/v1',
    'networking/v1',
    'policy/v1',
    'autoscaling/v1',
    'autoscaling/v2',
    'storage/v1',
    'scheduling/v1',
    'coordination/v1',
  ].map((path) => `api@${version}/${path}`),
  ...['discovery/v1', 'events/v1', 'admissionregistration/v1', 'authorization/v1', 'authentication/v1'].map(
    (path) => `api@${version}/${path}`,
  ),
  ...['pkg/apis/meta/v1', 'pkg/api/resource', 'pkg/util/intstr', 'pkg/runtime'].map((path) => `apimachinery@${version}/${path}`),
  `apiextensions-apiserver@${version}/pkg/apis/apiextensions/v1`,
];
/** Asked for by themselves, not as part of a kind. */
const roots = [
  'meta.v1.DeleteOptions',
  'autoscaling.v1.Scale',
  'authorization.v1.SelfSubjectAccessReview',
  'authorization.v1.SelfSubjectRulesReview',
  'authentication.v1.SelfSubjectReview',
];

const scalars: Readonly<Record<string, string>> = {
  string: 's',
  bool: 'b',
  int32: 'i',
  int64: 'i',
  uint32: 'i',
  bytes: 'B',
  double: 'd',
};
const messages = new Map<string, Record<string, string>>();
const schemas = builtIn.schemas as unknown as Record<string, { properties?: Record<string, unknown> }>;

for (const path of packages) readPackage(join(modules, path));
const kept: Record<string, Record<string, string>> = {};
for (const resource of builtIn.resources) keep(resource.schema);
for (const root of roots) keep([...messages.keys()].find((name) => name.endsWith(`.${root}`)) ?? root);
writeFileSync(join(import.meta.dirname, '../../src/control-plane/kinds/protobuf-fields.json'), `${JSON.stringify(kept)}\n`);

function keep(name: string): void {
  const fields = messages.get(name);
  if (fields === undefined || name in kept) return;
  kept[name] = fields;
  for (const field of Object.values(fields)) {
    const reference = field.split(' ')[2];
    if (reference !== undefined && reference !== '' && reference.includes('.')) keep(reference);
  }
}

function readPackage(folder: string): void {
  if (!existsSync(join(folder, 'generated.proto'))) throw new Error(`${folder} has no generated.proto`);
  const proto = readFileSync(join(folder, 'generated.proto'), 'utf8').replaceAll(/\/\/.*$/gm, '');
  const own = /^package (.+);$/m.exec(proto)?.[1] ?? '';
  const pointers = readPointers(folder);
  for (const [, message = '', body = ''] of proto.matchAll(/^message (\w+) \{\n([\s\S]*?)^\}/gm)) {
    const fields: Record<string, string> = {};
    for (const [, declared = '', name = '', number = ''] of body.matchAll(
      /^\s*((?:optional|repeated|map)[^;=]*?)\s+(\w+) = (\d+);/gm,
    ))
      fields[number] = describeField(declared, name, own, definitionName(own, message), pointers.has(`${message}.${name}`));
    messages.set(definitionName(own, message), fields);
  }
}

/** `name flags type`: flags are `*` list, `%` map of texts to it, `~` merged into its parent, `?` kept where it is zero. */
function describeField(declared: string, name: string, own: string, parent: string, isPointer: boolean): string {
  const map = /^map<string, (.+)>$/.exec(declared);
  const type = map?.[1] ?? declared.split(' ').at(-1) ?? '';
  const known = schemas[parent]?.properties;
  const isInline = known !== undefined && !(name in known) && !(type in scalars);
  const flags = `${declared.startsWith('repeated') ? '*' : ''}${map === null ? '' : '%'}${isInline ? '~' : ''}${isPointer ? '?' : ''}`;
  return `${name} ${flags} ${scalars[type] ?? (type.startsWith('.') ? definitionName('', type.slice(1)) : definitionName(own, type))}`;
}

function definitionName(own: string, message: string): string {
  const full = own === '' ? message : `${own}.${message}`;
  return full.replace(/^k8s\.io\./, 'io.k8s.').replace('apiextensions_apiserver', 'apiextensions-apiserver');
}

/** Fields that are pointers in Go: a zero there was written on purpose. */
function readPointers(folder: string): Set<string> {
  const pointers = new Set<string>();
  for (const file of readdirSync(folder).filter((name) => /^types.*\.go$/.test(name))) {
    const source = readFileSync(join(folder, file), 'utf8');
    for (const [, struct = '', body = ''] of source.matchAll(/^type (\w+) struct \{\n([\s\S]*?)^\}/gm))
      for (const [, name = ''] of body.matchAll(/^\s*\w+\s+\*\S+\s+`json:"(\w+)/gm)) pointers.add(`${struct}.${name}`);
  }
  return pointers;
}
