import { expect, test } from 'vitest';
import { render } from './render.ts';

const tooMuch = 'the template makes too much work; shorten what it repeats';
const dag = '{{$s := list 1}}{{range until 60}}{{$s = list $s $s}}{{end}}';

test.for([
  {
    because: 'loops in loops',
    template: '{{range until 1000}}{{range until 1000}}{{range until 1000}}{{end}}{{end}}{{end}}',
    says: tooMuch,
  },
  { because: 'a loop over a number', template: '{{range 9223372036854775807}}{{end}}', says: tooMuch },
  {
    because: 'a text that doubles',
    template: '{{$s := "x"}}{{range until 100}}{{$s = printf "%s%s" $s $s}}{{end}}',
    says: tooMuch,
  },
  { because: 'a list that doubles', template: '{{$s := list 1}}{{range until 100}}{{$s = concat $s $s}}{{end}}', says: tooMuch },
  { because: 'a list that holds itself twice, printed', template: `${dag}{{$s}}`, says: tooMuch },
  { because: 'the same as JSON', template: `${dag}{{toJson $s}}`, says: tooMuch },
  { because: 'the same copied', template: `${dag}{{deepCopy $s | len}}`, says: tooMuch },
  { because: 'the same compared', template: `${dag}{{deepEqual $s (list 1 $s)}}{{deepEqual (deepCopy $s) $s}}`, says: tooMuch },
  { because: 'a text repeated a billion times', template: '{{repeat 1000000000 "x"}}', says: tooMuch },
  { because: 'a list of a billion', template: '{{until 1000000000 | len}}', says: tooMuch },
  { because: 'a deep indent', template: '{{indent 1000000 (repeat 100 "\\n")}}', says: tooMuch },
  { because: 'replacements that multiply', template: '{{replace "" (repeat 10000 "x") (repeat 10000 "y")}}', says: tooMuch },
  { because: 'a long separator', template: '{{join (repeat 100000 "x") (until 10000)}}', says: tooMuch },
  {
    because: 'long texts compared again and again',
    template: '{{$s := repeat 100000 "x"}}{{range until 100000}}{{eq $s "y"}}{{end}}',
    says: tooMuch,
  },
  { because: 'a width of a billion', template: '{{printf "%1000000000d" 1}}', says: 'the width or precision is too large' },
  {
    because: 'a template that calls itself',
    template: '{{define "r"}}{{template "r" .}}{{end}}{{template "r" .}}',
    says: 'exceeded maximum template depth (100)',
  },
  {
    because: 'a map that holds itself',
    template: '{{$d := dict}}{{$_ := set $d "a" $d}}{{$d}}',
    says: 'the value holds itself, or is nested too deeply',
  },
  {
    because: 'a pattern whose repetitions multiply',
    template: '{{range until 1000}}{{regexFind "((a{50}){50}){50}" "a"}}{{end}}',
    says: 'error calling regexFind',
  },
  {
    because: 'a long text in the end',
    template: '{{$s := repeat 100000 "x"}}{{range until 100}}{{$s}}{{end}}',
    says: 'the text is longer than 1048576 characters',
  },
  { because: 'ten thousand parentheses', template: `{{${'('.repeat(10_000)}}}`, says: 'max expression depth exceeded' },
  { because: 'ten thousand blocks', template: '{{if 1}}'.repeat(8000), says: 'blocks are nested too deeply' },
  {
    because: 'thousands of else ifs',
    template: `{{if 0}}${'{{else if 0}}'.repeat(4000)}{{end}}`,
    says: 'blocks are nested too deeply',
  },
  { because: 'a template longer than any message', template: 'x'.repeat(70_000), says: 'longer than 65536 characters' },
])('ends soon: $because', ({ template, says }) => {
  expect(render(template)).toContain(says);
});

test('a message of a thousand changes is within the limits', () => {
  const template =
    '{{ range until 1000 }}{{ range $.Changed.Changes }}- {{ .OldValue }} -> {{ .NewValue | quote }}\n{{ end }}{{ end }}';
  expect(render(template).split('\n')).toHaveLength(3001);
});

test('JavaScript’s own names are no functions and no fields', () => {
  expect(render('{{ constructor }}')).toBe('template: commit message:1: function "constructor" not defined');
  expect(render('{{ .Values.constructor }} {{ .Values.__proto__ }}')).toBe('<no value> <no value>');
  expect(render('{{ .constructor }}')).toContain("can't evaluate field constructor in type source.TemplateData");
  expect(render('{{ (fromJson "{\\"__proto__\\": 1}").__proto__ }}')).toBe('1');
});
