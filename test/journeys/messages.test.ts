import { expect, test } from 'vitest';
import { startLoop } from './support/start-loop.ts';

/** A difference of the automation: this template, and values for it. */
function messages(messageTemplate: string, messageTemplateValues: Readonly<Record<string, string>> = {}) {
  return { spec: { git: { commit: { messageTemplate, messageTemplateValues } } } };
}

test('a commit carries the message of its template, with paths below the update path and the trailer behind it', async () => {
  const template = `chore({{ .Values.team }}): {{ .AutomationObject }}

{{ range $file, $objects := .Changed.FileChanges -}}
{{ range $object, $changes := $objects -}}
{{ range $changes -}}
- {{ $file }} {{ $object.Kind }}/{{ $object.Name }}: {{ .NewValue | splitList ":" | last }} by {{ .Setter }}
{{- end }}{{ end }}{{ end }}
`;
  await using loop = await startLoop({ automation: messages(template, { team: 'shop' }) });
  await loop.ready('ImageUpdateAutomation', 'fleet');
  await loop.pushTag('web', '1.1.0');
  await loop.lands('apps/web.yaml', ':1.1.0');
  const [commit] = await loop.main.commits();
  const [message, trailers] = commit?.message.split('\n\nTagalong-Automation: ') ?? [];
  expect(message).toBe('chore(shop): default/fleet\n\n- web.yaml Deployment/web: 1.1.0 by default:web');
  expect(trailers).toMatch(/^\S+\/default\/fleet\n*$/);
});

test('a template that says nothing leaves the usual message', async () => {
  await using loop = await startLoop({ automation: messages('{{ with .Values.nothing }}{{ . }}{{ end }}\n') });
  await loop.ready('ImageUpdateAutomation', 'fleet');
  await loop.pushTag('web', '1.1.0');
  await loop.lands('apps/web.yaml', ':1.1.0');
  expect((await loop.main.commits())[0]?.subject).toBe('Update from image update automation');
});

test.for([
  {
    because: 'a field that is gone',
    template: '{{ range .Updated.Images }}{{ . }}{{ end }}',
    reason: 'RemovedTemplateField',
    says: "template uses removed '.Updated' field. Please use '.Changed' instead.",
  },
  {
    because: 'a mistake in the template',
    template: 'Bump\n{{ range .Changed.Changes }}',
    reason: 'InvalidTemplate',
    says: 'template: commit message:2: unexpected EOF',
  },
])('$because stalls the automation before there is anything to commit', async ({ template, reason, says }) => {
  await using loop = await startLoop({ automation: messages(template) });
  const ready = await loop.ready('ImageUpdateAutomation', 'fleet', 'False');
  expect(ready).toMatchObject({ reason, message: expect.stringContaining(says) });
  expect(await loop.condition('ImageUpdateAutomation', 'fleet', 'Stalled')).toMatchObject({ status: 'True', reason });
});

test('a template that fails on what is to be committed commits nothing, and a mended one does', async () => {
  await using loop = await startLoop({ automation: messages('{{ range .Changed.Changes }}{{ .Image }}{{ end }}') });
  await loop.ready('ImageUpdateAutomation', 'fleet');
  await loop.pushTag('web', '1.1.0');
  const ready = await loop.ready('ImageUpdateAutomation', 'fleet', 'False');
  expect(ready.reason).toBe('GitOperationFailed');
  expect(ready.message).toContain("can't evaluate field Image in type update.Change");
  expect((await loop.main.commits()).map(({ subject }) => subject)).toEqual(['Start']);
  await loop.patch('ImageUpdateAutomation', 'fleet', messages('Mended'));
  await loop.lands('apps/web.yaml', ':1.1.0');
  expect((await loop.main.commits())[0]?.subject).toBe('Mended');
});
