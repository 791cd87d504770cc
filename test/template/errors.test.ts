import { expect, test } from 'vitest';
import { render } from './render.ts';

const at = (place: string, node: string, problem: string) =>
  `template: commit message:${place}: executing "commit message" at <${node}>: ${problem}`;

// The messages are those of Go 1.26 and sprig 3.3, but for the length of long sources.
test.for([
  { because: 'an unknown function', template: 'a\n{{nope 1}}', says: 'template: commit message:2: function "nope" not defined' },
  {
    because: 'a function that asks the clock',
    template: '{{now}}',
    says: 'template: commit message:1: function "now" not defined',
  },
  {
    because: 'a function that asks the environment',
    template: '{{env "HOME"}}',
    says: 'template: commit message:1: function "env" not defined',
  },
  {
    because: 'a function that makes keys',
    template: '{{genPrivateKey "rsa"}}',
    says: 'template: commit message:1: function "genPrivateKey" not defined',
  },
  { because: 'an unknown variable', template: '{{$x}}', says: 'template: commit message:1: undefined variable "$x"' },
  { because: 'an action without an end', template: 'a\n{{.Values', says: 'template: commit message:2: unclosed action' },
  {
    because: 'where an action began',
    template: 'x\n{{ if\n true }}{{ (1\n ',
    says: 'template: commit message:4: unclosed action started at commit message:3',
  },
  { because: 'an open string', template: '{{"abc}}', says: 'template: commit message:1: unterminated quoted string' },
  { because: 'an open comment', template: '{{/* abc', says: 'template: commit message:1: unclosed comment' },
  { because: 'a block without an end', template: '{{if true}}x\n', says: 'template: commit message:2: unexpected EOF' },
  { because: 'an end without a block', template: '{{end}}', says: 'template: commit message:1: unexpected {{end}}' },
  {
    because: 'a second else',
    template: '{{if 1}}{{else}}{{else}}{{end}}',
    says: 'template: commit message:1: expected end; found {{else}}',
  },
  { because: 'break outside of a loop', template: '{{break}}', says: 'template: commit message:1: {{break}} outside {{range}}' },
  { because: 'an if without a condition', template: '{{if}}x{{end}}', says: 'template: commit message:1: missing value for if' },
  { because: 'an open parenthesis', template: '{{(1}}', says: 'template: commit message:1: unclosed left paren' },
  { because: 'a stray parenthesis', template: '{{1)}}', says: 'template: commit message:1: unexpected right paren' },
  {
    because: 'a literal behind a pipe',
    template: '{{1 | 2}}',
    says: 'template: commit message:1: non executable command in pipeline stage 2',
  },
  { because: 'a stray character', template: '{{#}}', says: 'template: commit message:1: unexpected "#" in command' },
  {
    because: 'a bad character in a name',
    template: '{{.Values.te@m}}',
    says: "template: commit message:1: bad character U+0040 '@'",
  },
  { because: 'a number that is none', template: '{{1a}}', says: 'template: commit message:1: bad number syntax: "1a"' },
  { because: 'a wrong escape', template: '{{"\\q"}}', says: 'template: commit message:1: invalid syntax' },
  {
    because: 'too many declarations',
    template: '{{$a, $b := 1}}',
    says: 'template: commit message:1: too many declarations in command',
  },
  {
    because: 'a template defined twice',
    template: '{{define "x"}}a{{end}}{{define "x"}}b{{end}}',
    says: 'template: commit message:1: template: multiple definition of template "x"',
  },
])('refused at once: $because', ({ template, says }) => {
  expect(render(template)).toBe(says);
});

test.for([
  {
    because: 'an unknown field',
    template: 'a\n  {{.Nope}}',
    says: at('2:4', '.Nope', "can't evaluate field Nope in type source.TemplateData"),
  },
  {
    because: 'columns are bytes',
    template: '{{"é"}}{{.Nope}}',
    says: at('1:10', '.Nope', "can't evaluate field Nope in type source.TemplateData"),
  },
  {
    because: 'an unknown field of a change',
    template: '{{range .Changed.Changes}}{{.Foo}}{{end}}',
    says: at('1:28', '.Foo', "can't evaluate field Foo in type update.Change"),
  },
  {
    because: 'a field of a text',
    template: '{{.Values.team.x}}',
    says: at('1:9', '.Values.team.x', "can't evaluate field x in type string"),
  },
  {
    because: 'a field with an argument',
    template: '{{.AutomationObject.Name "x"}}',
    says: at('1:19', '.AutomationObject.Name', 'Name has arguments but cannot be invoked as function'),
  },
  {
    because: 'an argument of the wrong type',
    template: '{{upper .AutomationObject}}',
    says: at('1:8', '.AutomationObject', 'wrong type for value; expected string; got types.NamespacedName'),
  },
  { because: 'a literal of the wrong type', template: '{{upper 5}}', says: at('1:8', '5', 'expected string; found 5') },
  {
    because: 'a missing value where a text must be',
    template: '{{upper .Values.no}}',
    says: at('1:15', '.Values.no', 'invalid value; expected string'),
  },
  {
    because: 'too few arguments',
    template: '{{upper}}',
    says: at('1:2', 'upper', 'wrong number of args for upper: want 1 got 0'),
  },
  {
    because: 'too few for a list of arguments',
    template: '{{eq}}',
    says: at('1:2', 'eq', 'wrong number of args for eq: want at least 1 got 0'),
  },
  {
    because: 'an index out of range',
    template: '{{index (list 1) 5}}',
    says: at('1:2', 'index (list 1) 5', 'error calling index: index out of range: 5'),
  },
  {
    because: 'values of two kinds',
    template: '{{eq 1 "a"}}',
    says: at('1:2', 'eq 1 "a"', 'error calling eq: incompatible types for comparison: int and string'),
  },
  {
    because: 'a range over a text',
    template: '{{range "abc"}}{{end}}',
    says: at('1:8', '"abc"', "range can't iterate over abc"),
  },
  { because: 'nil alone', template: '{{nil}}', says: at('1:2', 'nil', 'nil is not a command') },
  {
    because: 'a template that is not there',
    template: '{{template "nope"}}',
    says: at('1:11', '{{template "nope"}}', 'template "nope" not defined'),
  },
  {
    because: 'a value that is no function',
    template: '{{call 1}}',
    says: at('1:2', 'call 1', 'error calling call: non-function 1 of type int'),
  },
  {
    because: 'a division by zero',
    template: '{{div 1 0}}',
    says: at('1:2', 'div 1 0', 'error calling div: runtime error: integer divide by zero'),
  },
  {
    because: 'the template gives up by itself',
    template: '{{fail "no ticket"}}',
    says: at('1:2', 'fail "no ticket"', 'error calling fail: no ticket'),
  },
  {
    because: 'a pattern that is none',
    template: '{{regexFind "(" "a"}}',
    says: at(
      '1:2',
      'regexFind "(" "a"',
      'error calling regexFind: regexp: Compile(`(`): error parsing regexp: missing closing ): `(`',
    ),
  },
])('failed while rendering: $because', ({ template, says }) => {
  expect(render(template)).toBe(says);
});

test('the template that was running is named', () => {
  expect(render('{{define "row"}}{{.Foo}}{{end}}{{template "row" .}}')).toBe(
    'template: commit message:1:18: executing "row" at <.Foo>: can\'t evaluate field Foo in type source.TemplateData',
  );
});
