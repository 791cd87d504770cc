import { expect, test } from 'vitest';
import { render } from './render.ts';

// Every output in these tables is what Go 1.26's text/template prints for the same template and data.
test.for([
  { because: 'text alone stays as it is', template: 'Bump\n\n  the } } images { {', gives: 'Bump\n\n  the } } images { {' },
  { because: 'trim markers take the space around an action', template: 'a \n {{- 1 -}} \n b', gives: 'a1b' },
  { because: 'a minus without a space is a sign', template: 'a {{-3}}', gives: 'a -3' },
  { because: 'a trimmed negative number keeps its sign', template: 'a {{- -3 }}', gives: 'a-3' },
  { because: 'comments vanish, trimmed ones with their space', template: 'a{{/* x */}}b {{- /* y */ -}} c', gives: 'abc' },
  { because: 'carriage returns count as space', template: '\r\n{{- 1 }}\r\n{{ 2 -}}\r\n x', gives: '1\r\n2x' },
  { because: 'an action may span lines', template: 'x{{\n1\n}}y', gives: 'x1y' },
  {
    because: 'numbers have the forms of Go',
    template: '{{0x1F}} {{0b11}} {{0o17}} {{017}} {{1_000}} {{1e3}}',
    gives: '31 3 15 15 1000 1000',
  },
  {
    because: 'floats print the shortest way',
    template: '{{1.0}} {{.5}} {{1e6}} {{0.00001}} {{123456789.0}}',
    gives: '1 0.5 1e+06 1e-05 1.23456789e+08',
  },
  { because: 'a character is its code', template: "{{'a'}} {{'\\n'}} {{'日'}}", gives: '97 10 26085' },
  { because: 'strings have escapes, raw strings none', template: '{{"\\u00e9\\x41\\101\\t"}}{{`\\n`}}', gives: 'éAA\t\\n' },
  { because: 'variables are declared and assigned', template: '{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}', gives: '2' },
  { because: 'a variable of a block ends with it', template: '{{$x := 1}}{{with 5}}{{$x := .}}{{$x}}{{end}}{{$x}}', gives: '51' },
  { because: 'else if goes on asking', template: '{{if 0}}a{{else if ""}}b{{else if 1}}c{{else}}d{{end}}', gives: 'c' },
  { because: 'empty lists, maps and texts are false', template: '{{if or (list) (dict) ""}}y{{else}}n{{end}}', gives: 'n' },
  { because: 'a struct is always true', template: '{{if .AutomationObject}}y{{end}}', gives: 'y' },
  { because: 'with sets the dot', template: '{{with .Values.ticket}}{{.}}{{end}}', gives: 'AB-12' },
  {
    because: 'else with asks for another dot',
    template: '{{with .Values.no}}x{{else with .Values.ticket}}{{.}}{{end}}',
    gives: 'AB-12',
  },
  { because: '$ is the data wherever the dot is', template: '{{with 1}}{{$.Values.ticket}}{{end}}', gives: 'AB-12' },
  { because: 'range gives index and element', template: '{{range $i, $e := list "a" "b"}}{{$i}}{{$e}} {{end}}', gives: '0a 1b ' },
  { because: 'one variable of a range is the element', template: '{{range $e := list "a" "b"}}{{$e}}{{end}}', gives: 'ab' },
  {
    because: 'a range may assign',
    template: '{{$i := 0}}{{$v := 0}}{{range $i, $v = list 5 6}}{{end}}{{$i}}{{$v}}',
    gives: '16',
  },
  {
    because: 'maps come in the order of their keys',
    template: '{{range $k, $v := .Values}}{{$k}}={{$v}};{{end}}',
    gives: 'empty=;team=Größe & <Co>;ticket=AB-12;',
  },
  {
    because: 'nothing to range over is the else',
    template: '{{range list}}x{{else}}none{{end}}{{range .Values.no}}x{{else}}none{{end}}',
    gives: 'nonenone',
  },
  { because: 'a number is ranged over', template: '{{range 3}}{{.}}{{end}}', gives: '012' },
  {
    because: 'break and continue leave the inner loop',
    template:
      '{{range $i := until 2}}{{range until 5}}{{if eq . 1}}{{continue}}{{end}}{{if eq . 3}}{{break}}{{end}}{{$i}}{{.}} {{end}}{{end}}',
    gives: '00 02 10 12 ',
  },
  {
    because: 'a template is defined once and called with a dot',
    template: '{{define "x"}}[{{.}}]{{end}}{{template "x" .Values.ticket}}{{template "x"}}',
    gives: '[AB-12][<no value>]',
  },
  { because: 'a block is defined and called at once', template: '{{block "b" 5}}<{{.}}>{{end}}', gives: '<5>' },
  {
    because: 'a definition of nothing but space may be replaced',
    template: '{{define "x"}} {{end}}{{define "x"}}b{{end}}{{template "x"}}',
    gives: 'b',
  },
  {
    because: 'a value is piped in as the last argument',
    template: '{{"a" | printf "%s-%s" "b"}} {{3 | add 4 | mul 2}}',
    gives: 'b-a 14',
  },
  { because: 'parentheses give a value with fields', template: '{{(index .Changed.Changes 0).NewValue}}', gives: 'acme/api:3' },
  { because: 'an argument may stand in parentheses', template: '{{print (3)}}{{len (list 1 2)}}', gives: '32' },
  {
    because: 'and, or stop where they are decided',
    template: '{{and false (index (list) 0)}} {{or true (index (list) 0)}} {{and 1 2}} {{or 0 "x"}}',
    gives: 'false true 2 x',
  },
  {
    because: 'what is missing says so, at any depth',
    template: '{{.Values.no}} {{.Values.no.deeper}}',
    gives: '<no value> <no value>',
  },
  {
    because: 'index gives the zero of a type',
    template: '[{{index .Values "no"}}] {{len (index .Changed.FileChanges "no")}}',
    gives: '[] 0',
  },
  {
    because: 'values print as fmt prints them',
    template: '{{print (list 1 "a" nil 1.5 true (dict "b" (list) "a" 2))}}',
    gives: '[1 a <nil> 1.5 true map[a:2 b:[]]]',
  },
  {
    because: 'print puts spaces between what is no text',
    template: '{{print 1 2 "a" 3 4 nil}}|{{println 1 "a"}}',
    gives: '1 2a3 4 <nil>|1 a\n',
  },
  { because: 'len counts bytes and members', template: '{{len "héllo"}} {{len (list 1 2)}} {{len .Values}}', gives: '6 2 3' },
  {
    because: 'comparisons are of basic values',
    template: '{{eq 1 2 1}} {{ne "a" "b"}} {{lt 1 2}} {{le 2 2}} {{gt "b" "a"}} {{ge 1.5 2.5}} {{eq (add 1 1) 2}}',
    gives: 'true true true true true false true',
  },
  {
    because: 'html, js and urlquery escape',
    template: `{{html "<a&'\\">"}} {{js "it's <x>"}} {{urlquery "a b&é'"}}`,
    gives: `&lt;a&amp;&#39;&#34;&gt; it\\'s \\u003Cx\\u003E a+b%26%C3%A9%27`,
  },
])('$because', ({ template, gives }) => {
  expect(render(template)).toBe(gives);
});

test.for([
  {
    because: 'whole numbers',
    template: '{{printf "%d|%5d|%-5d|%05d|%+d|%x|%X|%#x|%o|%b|%c|%q|%U" 42 42 42 42 42 255 255 255 8 5 65 65 65}}',
    gives: "42|   42|42   |00042|+42|ff|FF|0xff|10|101|A|'A'|U+0041",
  },
  {
    because: 'texts',
    template: '{{printf "%s|%5s|%-5s|%q|%x|%.2s|%#q" "a" "b" "c" "d\\"e" "hi" "abc" "r"}}',
    gives: 'a|    b|c    |"d\\"e"|6869|ab|`r`',
  },
  {
    because: 'floats, halves to the even digit',
    template: '{{printf "%f %.2f %e %g %8.3f %.1f %.0f %G" 3.14159 2.5 1234.5 0.00001 3.14159 2.25 2.5 1e-7}}',
    gives: '3.141590 2.50 1.234500e+03 1e-05    3.142 2.2 2 1E-07',
  },
  {
    because: 'truth, types and Go syntax',
    template: '{{printf "%t %T %T %T %#v" true 1 1.5 (dict) (list "a" 1)}}',
    gives: 'true int float64 map[string]interface {} []interface {}{"a", 1}',
  },
  {
    because: 'lists, member by member',
    template: '{{printf "%q %d %03d" (list "a" "b") (list 1 2) (list 1 2)}}',
    gives: '["a" "b"] [1 2] [001 002]',
  },
  {
    because: 'widths from arguments, and indexes',
    template: '{{printf "%*d %.*f %[2]d" 5 42 2 3.14159}}',
    gives: '   42 3.14 42',
  },
  {
    because: 'complaints inside the text',
    template:
      '{{printf "%d" "x"}} {{printf "%d"}} {{printf "x" 1}} {{printf "%"}} {{printf "%z" 1}} {{printf "%s" nil}} {{printf "%[5]d" 1}}',
    gives: '%!d(string=x) %!d(MISSING) x%!(EXTRA int=1) %!(NOVERB) %!z(int=1) %!s(<nil>) %!d(BADINDEX)',
  },
])('printf: $because', ({ template, gives }) => {
  expect(render(template)).toBe(gives);
});
