import type { ObjectIdentity } from '../../src/core/index.ts';
import { type CommitChange, commitMessageData, parseTemplate, renderTemplate } from '../../src/template/index.ts';

export function objectOf(kind: string, name: string, namespace = 'shop', apiVersion = 'apps/v1'): ObjectIdentity {
  return { apiVersion, kind, namespace, name };
}

/** What one automation writes: two values of a Deployment, one of another, and a kustomization that is no object. */
export const sampleChanges: readonly CommitChange[] = [
  change('web.yaml', objectOf('Deployment', 'web'), 'acme/web:1.0.0', 'acme/web:1.1.0', 'apps:web'),
  change('web.yaml', objectOf('Deployment', 'web'), '1.0.0', '1.1.0', 'apps:web:tag'),
  change('api/api.yaml', objectOf('Deployment', 'api'), 'acme/api:2', 'acme/api:3', 'apps:api'),
  change('kustomization.yaml', objectOf('', '', '', ''), '1.0.0', '1.1.0', 'apps:web:tag'),
];

export function change(file: string, object: ObjectIdentity, before: string, after: string, setter: string): CommitChange {
  return { file, object, before, after, setter };
}

export const sampleValues = { team: 'Größe & <Co>', ticket: 'AB-12', empty: '' };

/** The text that a template gives for the sample, or the message of what went wrong. */
export function render(text: string, changes: readonly CommitChange[] = sampleChanges): string {
  const parsed = parseTemplate(text);
  if (parsed.kind === 'invalid') return parsed.message;
  const data = commitMessageData({ automation: { namespace: 'apps', name: 'bumps' }, values: sampleValues, changes });
  const rendered = renderTemplate(parsed.template, data);
  return rendered.kind === 'rendered' ? rendered.text : rendered.message;
}
