import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { ImagePolicy, ImageUpdateAutomation, Receiver, UpdateGuard } from '../../src/api/index.ts';
import type { KubeObject } from '../../src/core/index.ts';
import { createFakeContext } from './fake-context.ts';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
}

/** Paths of fields called `namespace`, in the spec of every kind. */
function namespaceFields(): string[] {
  const folder = new URL('../../deploy/crds/', import.meta.url);
  const definitions = readdirSync(folder).map((file) => parse(readFileSync(new URL(file, folder), 'utf8')) as KubeObject | null);
  return definitions.flatMap((definition) => {
    if (definition?.kind !== 'CustomResourceDefinition') return [];
    const { names, versions } = definition['spec'] as {
      names: { kind: string };
      versions: { schema: { openAPIV3Schema: Schema } }[];
    };
    return versions.flatMap(({ schema }) => walk(schema.openAPIV3Schema.properties?.['spec'] ?? {}, `${names.kind} spec`));
  });
}

function walk({ properties = {}, items, additionalProperties }: Schema, path: string): string[] {
  const own = Object.entries(properties).flatMap(([name, schema]) => [
    ...(name === 'namespace' ? [`${path}.namespace`] : []),
    ...walk(schema, `${path}.${name}`),
  ]);
  const list = items === undefined ? [] : walk(items, `${path}[]`);
  return [...own, ...list, ...(typeof additionalProperties === 'object' ? walk(additionalProperties, `${path}{}`) : [])];
}

/** Every field by which an object can name something of another namespace, and what keeps a tenant from what is not his. */
const crossing: Readonly<Record<string, string>> = {
  'ImagePolicy spec.imageRepositoryRef.namespace': 'accessFrom of the ImageRepository, --no-cross-namespace-refs',
  'ImageUpdateAutomation spec.sourceRef.namespace': 'tagalong.dev/write-from of the GitRepository, --no-cross-namespace-refs',
  'Kustomization spec.sourceRef.namespace': 'as in Flux: --no-cross-namespace-refs',
  'Kustomization spec.dependsOn[].namespace': 'as in Flux: only whether it is ready is looked at',
  'Kustomization spec.healthChecks[].namespace': 'asked for as the ServiceAccount that applies',
  'Kustomization spec.patches[].target.namespace': 'selects among the objects of the build',
  'Kustomization spec.ignore[].target.namespace': 'selects among the objects of the build',
  'Receiver spec.resources[].namespace': 'as in Flux: --no-cross-namespace-refs; a call says "look now" and nothing else',
  'ExternalArtifact spec.sourceRef.namespace': 'says where it comes from; nobody reads it',
  'UpdateGuard spec.requires[].kustomizationRef.namespace': '--no-cross-namespace-refs, but for the guards of everybody',
  'Rollout spec.changes[].object.namespace': 'what a commit of ours changed; nobody is reached by it',
  'Rollout spec.before[].namespace': 'what was healthy before; nobody is reached by it',
};

test('no other field names a namespace: Secrets, ConfigMaps and ServiceAccounts are those beside the object', () => {
  expect(namespaceFields().toSorted()).toEqual(Object.keys(crossing).toSorted());
});

describe('what belongs to another namespace', () => {
  const { reach } = createFakeContext();
  const meta = { name: 'mine', namespace: 'tenant-a' };
  const policy = { metadata: meta, spec: { imageRepositoryRef: { name: 'theirs', namespace: 'tenant-b' } } } as ImagePolicy;
  const automation = { metadata: meta, spec: { sourceRef: { kind: 'GitRepository', name: 'theirs', namespace: 'tenant-b' } } };
  const receiver = (namespace?: string) =>
    ({
      metadata: meta,
      spec: {
        type: 'generic',
        resources: [{ kind: 'GitRepository', name: 'theirs', ...(namespace && { namespace }) }],
        secretRef: { name: 'token' },
      },
    }) as unknown as Receiver;
  const guard = (namespace: string) =>
    ({
      metadata: { ...meta, namespace },
      spec: { requires: [{ kustomizationRef: { name: 'theirs', namespace: 'tenant-b' } }] },
    }) as unknown as UpdateGuard;

  test.for([
    { because: 'an ImageRepository that grants nothing', asks: () => reach.policy(policy, {}), says: 'AccessDenied' },
    {
      because: 'one that grants other labels',
      asks: () => reach.policy(policy, { grants: [{ team: 'c' }] }),
      says: 'AccessDenied',
    },
    { because: 'one that grants our labels', asks: () => reach.policy(policy, { grants: [{ team: 'a' }] }), says: 'reached' },
    {
      because: 'one that grants all, locked down',
      asks: () => reach.policy(policy, { grants: [{}], locked: true }),
      says: 'AccessDenied',
    },
    {
      because: 'a GitRepository that grants nothing',
      asks: () => reach.automation(automation as ImageUpdateAutomation, {}),
      says: 'AccessDenied',
    },
    {
      because: 'one that grants another namespace',
      asks: () => reach.automation(automation as ImageUpdateAutomation, { from: 'tenant-c' }),
      says: 'AccessDenied',
    },
    {
      because: 'one that grants ours',
      asks: () => reach.automation(automation as ImageUpdateAutomation, { from: 'tenant-c, tenant-a' }),
      says: 'reached',
    },
    {
      because: 'one that grants ours, locked down',
      asks: () => reach.automation(automation as ImageUpdateAutomation, { from: '*', locked: true }),
      says: 'AccessDenied',
    },
    { because: 'a resource of a Receiver', asks: () => reach.receiver(receiver('tenant-b'), {}), says: 'reached' },
    {
      because: 'a resource of a Receiver, locked down',
      asks: () => reach.receiver(receiver('tenant-b'), { locked: true }),
      says: 'AccessDenied',
    },
    { because: 'a Kustomization that a guard asks for', asks: () => reach.guard(guard('tenant-a'), {}), says: 'reached' },
    { because: 'the same, locked down', asks: () => reach.guard(guard('tenant-a'), { locked: true }), says: 'AccessDenied' },
    {
      because: 'a Kustomization that a guard of everybody asks for, locked down',
      asks: () => reach.guard(guard('flux-system'), { locked: true }),
      says: 'reached',
    },
  ])('$because: $says', async ({ asks, says }) => {
    expect(await asks()).toBe(says);
  });
});
