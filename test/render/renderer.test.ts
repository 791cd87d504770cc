import { afterAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/index.ts';
import { createRenderer } from '../../src/render/index.ts';

const renderer = createRenderer({ clock: systemClock, timeoutMs: 60_000 });
afterAll(() => renderer.close());

const facts = {
  automation: { namespace: 'apps', name: 'bumps' },
  values: { cluster: 'blue' },
  changes: [
    {
      file: 'web.yaml',
      object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'apps', name: 'web' },
      before: 'web:1.0.0',
      after: 'web:1.1.0',
      setter: 'apps:web',
    },
  ],
};
const render = (text: string) => renderer.render({ text, facts });

describe('a template is rendered in a thread of its own', () => {
  test('over the facts of a commit', async () => {
    const text =
      '{{ .AutomationObject }} {{ .Values.cluster }}{{ range .Changed.Changes }} {{ .OldValue }} -> {{ .NewValue }}{{ end }}';
    expect(await render(text)).toEqual({ kind: 'rendered', text: 'apps/bumps blue web:1.0.0 -> web:1.1.0' });
  });

  test('and what is wrong with it is told in the words of text/template', async () => {
    expect(await render('{{ .Missing }}')).toEqual({
      kind: 'failed',
      message: expect.stringContaining("can't evaluate field Missing in type source.TemplateData"),
    });
    expect(await render('{{ nothing }}')).toMatchObject({ kind: 'failed' });
  });
});

test('one that takes too long is given up, and the next is rendered', async () => {
  const impatient = createRenderer({ clock: systemClock, timeoutMs: 1 });
  const endless = '{{ $s := repeat 100000 "aB" }}{{ range until 1000 }}{{ $_ := snakecase $s }}{{ end }}';
  expect(await impatient.render({ text: endless, facts })).toEqual({
    kind: 'failed',
    message: expect.stringContaining('it took more than 0.001s'),
  });
  await impatient.close();
  expect(await render('after it')).toEqual({ kind: 'rendered', text: 'after it' });
});

test('nothing is rendered any more once it is closed', async () => {
  const closed = createRenderer({ clock: systemClock });
  await closed.close();
  expect(await closed.render({ text: 'x', facts })).toMatchObject({ kind: 'failed' });
});
