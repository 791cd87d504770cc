import { expect, test } from 'vitest';
import { parseCommitTemplate } from '../../src/template/index.ts';
import { change, objectOf, render } from './render.ts';

test.for([
  {
    because: 'the automation prints as namespace/name',
    template: '{{ .AutomationObject }} {{ .AutomationObject.Name }}',
    gives: 'apps/bumps bumps',
  },
  {
    because: 'files come sorted',
    template: '{{ range $file, $_ := .Changed.FileChanges -}}\n- {{ $file }}\n{{ end }}',
    gives: '- api/api.yaml\n- kustomization.yaml\n- web.yaml\n',
  },
  {
    because: 'objects of all files, with their changes',
    template:
      '{{ range $object, $changes := .Changed.Objects -}}\n- {{ $object.Kind }} {{ $object.Name }}\n{{- range $changes }}\n    {{ .OldValue }} -> {{ .NewValue }} ({{ .Setter }})\n{{- end }}\n{{ end }}',
    gives:
      '-  \n    1.0.0 -> 1.1.0 (apps:web:tag)\n- Deployment api\n    acme/api:2 -> acme/api:3 (apps:api)\n- Deployment web\n    acme/web:1.0.0 -> acme/web:1.1.0 (apps:web)\n    1.0.0 -> 1.1.0 (apps:web:tag)\n',
  },
  {
    because: 'the same change twice is one of the distinct ones',
    template: '{{ range .Changed.Changes }}{{ .Setter }} {{ end }}',
    gives: 'apps:api apps:web:tag apps:web ',
  },
  {
    because: 'an identifier has four fields',
    template:
      '{{ range $o, $_ := index .Changed.FileChanges "web.yaml" }}{{ $o.APIVersion }} {{ $o.Kind }} {{ $o.Namespace }} {{ $o.Name }}{{ end }}',
    gives: 'apps/v1 Deployment shop web',
  },
  {
    because: 'identifiers and changes print as Go nests them',
    template: '{{ index .Changed.FileChanges "api/api.yaml" }}',
    gives: 'map[{{{apps/v1 Deployment} {api shop}}}:[{acme/api:2 acme/api:3 apps:api}]]',
  },
  { because: 'values of the spec', template: '[{{ .Values.ticket }}] {{ .Values.nobody | default "us" }}', gives: '[AB-12] us' },
  {
    because: 'one subject for one change or many',
    template: '{{ $n := len .Changed.Changes }}Bump {{ $n }} {{ plural "image" "images" $n }}',
    gives: 'Bump 3 images',
  },
  {
    because: 'names cut out of images',
    template:
      '{{ range $i, $c := .Changed.Changes }}{{ if $i }}, {{ end }}{{ $c.NewValue | splitList ":" | first | base }}{{ end }}',
    gives: 'api, 1.1.0, web',
  },
  {
    because: 'names collected in a list',
    template:
      '{{ $names := list }}{{ range $o, $_ := .Changed.Objects }}{{ with $o.Name }}{{ $names = append $names . }}{{ end }}{{ end }}deps: {{ $names | sortAlpha | join ", " }}',
    gives: 'deps: api, web',
  },
])('$because', ({ template, gives }) => {
  expect(render(template)).toBe(gives);
});

test('the order of changes is that of files and objects, whatever the order they come in', () => {
  const changes = [
    change('b.yaml', objectOf('Deployment', 'x'), '1', '2', 'n:b'),
    change('a.yaml', objectOf('StatefulSet', 'a'), '1', '2', 'n:set'),
    change('a.yaml', objectOf('Deployment', 'z', 'two'), '1', '2', 'n:z'),
    change('a.yaml', objectOf('Deployment', 'a', 'two'), '1', '2', 'n:a-two'),
    change('a.yaml', objectOf('Deployment', 'a', 'one'), '1', '2', 'n:a-one'),
    change('a.yaml', objectOf('CronJob', 'z', 'one', 'batch/v1'), '1', '2', 'n:cron'),
  ];
  const template = '{{ range .Changed.Changes }}{{ .Setter }} {{ end }}';
  const order = 'n:a-one n:a-two n:z n:set n:cron n:b ';
  expect(render(template, changes)).toBe(order);
  expect(render(template, changes.toReversed())).toBe(order);
});

test('an object in two files keeps the changes of both', () => {
  const web = objectOf('Deployment', 'web');
  const changes = [change('b.yaml', web, '3', '4', 'n:b'), change('a.yaml', web, '1', '2', 'n:a')];
  expect(render('{{ range $o, $c := .Changed.Objects }}{{ $o.Name }} {{ $c }}{{ end }}', changes)).toBe(
    'web [{1 2 n:a} {3 4 n:b}]',
  );
});

test('equal values are no change', () => {
  expect(render('{{ len .Changed.Changes }}', [change('a.yaml', objectOf('Deployment', 'web'), '1', '1', 'n:a')])).toBe('0');
});

const updated =
  "template uses removed '.Updated' field. Please use '.Changed' instead. See: https://fluxcd.io/flux/components/image/imageupdateautomations/#message-template";
const imageResult =
  "template uses removed '.Changed.ImageResult' field. Please use '.Changed.FileChanges' or '.Changed.Objects' instead. See: https://fluxcd.io/flux/components/image/imageupdateautomations/#message-template";

test.for([
  { because: 'in a range', template: '{{ range .Updated.Images }}{{ . }}{{ end }}', says: updated },
  { because: 'where there is nothing to commit yet', template: '{{ if false }}{{ .Updated }}{{ end }}', says: updated },
  { because: 'by the name of the data', template: '{{ with .Values }}{{ $.Updated.Files }}{{ end }}', says: updated },
  { because: 'as an argument', template: '{{ len .Updated.Files | print }}', says: updated },
  { because: 'in parentheses', template: '{{ (.Updated).Files }}', says: updated },
  {
    because: 'in the else of a loop, where the dot is the data',
    template: '{{ range .Values }}{{ else }}{{ .Updated }}{{ end }}',
    says: updated,
  },
  {
    because: 'in a template that is handed the data',
    template: '{{ define "x" }}{{ .Updated }}{{ end }}{{ template "x" . }}',
    says: updated,
  },
  { because: 'below .Changed', template: '{{ range .Changed.ImageResult.Images }}{{ end }}', says: imageResult },
  { because: 'below a dot that is .Changed', template: '{{ with .Changed }}{{ .ImageResult }}{{ end }}', says: imageResult },
  {
    because: 'below a variable that is .Changed',
    template: '{{ $c := .Changed }}{{ range $c.ImageResult.Images }}{{ end }}',
    says: imageResult,
  },
])('a field that templates no longer have is found: $because', ({ template, says }) => {
  expect(parseCommitTemplate(template)).toEqual({ kind: 'removed-field', message: says });
});

test.for([
  { because: 'a value of that name', template: '{{ .Values.Updated }}' },
  { because: 'a key of a map that the template made', template: '{{ with dict "Updated" 1 }}{{ .Updated }}{{ end }}' },
  { because: 'a field of what is ranged over', template: '{{ range .Changed.Changes }}{{ .Updated }}{{ end }}' },
  { because: 'a template that nobody calls', template: '{{ define "old" }}{{ .Updated }}{{ end }}new' },
  { because: 'a text', template: '.Updated {{ ".Updated" }}' },
])('is no such field: $because', ({ template }) => {
  expect(parseCommitTemplate(template).kind).toBe('parsed');
});

test('a template with a mistake is invalid, with the place', () => {
  expect(parseCommitTemplate('Bump\n{{ range .Changed.Changes }}')).toEqual({
    kind: 'invalid',
    message: 'template: commit message:2: unexpected EOF',
  });
});
