import { expect, test } from 'vitest';
import { render } from './render.ts';

// Every output is what sprig 3.3 prints on Go 1.26.

test.for([
  {
    because: 'trimming',
    template:
      '{{trim " a "}}|{{trimAll "-x" "--axb-x"}}|{{trimSuffix ".y" "a.y"}}|{{trimPrefix "v" "v1"}}|{{nospace " a b\\tc"}}',
    gives: 'a|axb|a|1|abc',
  },
  {
    because: 'case, character by character',
    template:
      '{{upper "straße é"}} {{lower "ÀÉ"}} {{title "hello wörld it\'s foo-bar x_y"}} {{untitle "Hello World"}} {{swapcase "Hello fOO"}}',
    gives: "STRAßE É àé Hello Wörld It'S Foo-Bar X_y hello world hELLO Foo",
  },
  {
    because: 'cutting in bytes',
    template:
      '{{trunc 3 "abcdef"}} {{trunc -3 "abcdef"}} {{substr 1 3 "abcdef"}} {{substr -1 3 "abcdef"}} {{substr 2 -1 "abcdef"}}',
    gives: 'abc def bc abc cdef',
  },
  {
    because: 'shortening with dots',
    template:
      '{{abbrev 5 "hello world"}} {{abbrev 20 "hello"}} {{abbrevboth 5 10 "abcdefghijklmnopqrstuvwxyz"}} {{initials "First Second  third"}}',
    gives: 'he... hello ...fghi... FSt',
  },
  {
    because: 'replacing and repeating',
    template: '{{replace "a" "b" "banana"}} {{replace "" "-" "abc"}} {{repeat 3 "ab"}}',
    gives: 'bbnbnb -a-b-c- ababab',
  },
  {
    because: 'asking',
    template: '{{contains "b" "abc"}} {{hasPrefix "a" "abc"}} {{hasSuffix "x" "abc"}}',
    gives: 'true true false',
  },
  {
    because: 'quoting leaves nil out',
    template: '{{quote "a" 1 nil "b\\"c"}} {{squote "a" nil}} {{cat "a" 1 nil 2.5}}',
    gives: '"a" "1" "b\\"c" \'a\' a 1 2.5',
  },
  { because: 'indenting', template: '{{indent 2 "a\\nb"}}{{nindent 4 "c"}}', gives: '  a\n  b\n    c' },
  { because: 'plural', template: '{{plural "one" "many" 1}} {{plural "one" "many" (len (list 1 2))}}', gives: 'one many' },
  {
    because: 'splitting and joining',
    template:
      '{{splitList "," "a,b,c"}} {{(split "." "a.b.c")._1}} {{splitn "." 2 "a.b.c"}} {{join "-" (list 1 "b" nil)}} {{join "-" "x"}} {{toStrings (list 1 nil "a")}} {{sortAlpha (list "b" "a" "C" 10)}}',
    gives: '[a b c] b map[_0:a _1:b.c] 1-b x [1 a] [10 C a b]',
  },
  {
    because: 'words joined by underscores and dashes',
    template:
      '{{range list "FirstName" "HTTPServer" "http2xx" "Bld4Floor3rd" "a1b2" "x86_64" "HELLO____WORLD" "A//B%%2c" "a=b"}}{{snakecase .}} {{kebabcase .}} {{end}}',
    gives:
      'first_name first-name http_server http-server http_2xx http-2xx bld4_floor_3rd bld4-floor-3rd a_1b2 a-1b2 x86_64 x86-64 hello____world hello----world a//b%%2c a//b%%2c a_=_b a-=-b ',
  },
  {
    because: 'words joined by capitals',
    template: '{{range list "http_server" "HTTPServer" "__foo__bar_" "a - b" "ABCdef GHI" "-"}}{{camelcase .}},{{end}}',
    gives: 'HttpServer,Httpserver,__Foo_Bar_,A -B,AbcdefGhi,--,',
  },
  {
    because: 'wrapping leaves long words, wrapWith cuts them',
    template: '{{wrap 10 "the quick brown fox jumps over"}}|{{wrap 5 "abcdefghijk lm"}}|{{wrapWith 5 "<>" "abcdefghijk lm"}}',
    gives: 'the quick\nbrown fox\njumps over|abcdefghijk\nlm|abcde<>fghij<>k lm',
  },
])('texts: $because', ({ template, gives }) => {
  expect(render(template)).toBe(gives);
});

test.for([
  {
    because: 'ends of a list',
    template:
      '{{first (list 1 2)}} {{last (list 1 2)}} {{rest (list 1 2 3)}} {{initial (list 1 2 3)}} {{first (list)}} {{rest (list)}}',
    gives: '1 2 [2 3] [1 2] <no value> []',
  },
  {
    because: 'longer lists',
    template: '{{append (list 1) 2}} {{prepend (list 1) 0}} {{concat (list 1) (list 2 3)}} {{chunk 2 (list 1 2 3)}}',
    gives: '[1 2] [0 1] [1 2 3] [[1 2] [3]]',
  },
  {
    because: 'fewer members',
    template:
      '{{uniq (list 1 1 2 "a" "a")}} {{without (list 1 2 3) 2}} {{compact (list 0 1 "" "a" nil)}} {{slice (list 1 2 3 4) 1 3}} {{reverse (list 1 2 3)}}',
    gives: '[1 2 a] [1 3] [1 a] [2 3] [3 2 1]',
  },
  {
    because: 'an int64 is no int where lists are searched',
    template: '{{has 1 (list 1)}} {{has (add 1 1) (list 1 2)}} {{has 1 nil}}',
    gives: 'true false false',
  },
  {
    because: 'counting',
    template:
      '{{until 3}} {{until -3}} {{untilStep 0 10 3}} {{untilStep 5 0 -2}} {{seq 3}} {{seq 2 5}} {{seq 0 2 10}} {{seq 5 1}}',
    gives: '[0 1 2] [0 -1 -2] [0 3 6 9] [5 3 1] 1 2 3 2 3 4 5 0 2 4 6 8 10 5 4 3 2 1',
  },
  {
    because: 'maps are made, read and changed',
    template:
      '{{$d := dict "a" 1 "b"}}{{$d}} {{get $d "a"}} {{get $d "x"}}|{{hasKey $d "a"}} {{set $d "c" 3}} {{unset $d "a"}} {{$d.c}}',
    gives: 'map[a:1 b:] 1 |true map[a:1 b: c:3] map[b: c:3] 3',
  },
  {
    because: 'parts of maps',
    template:
      '{{pick (dict "a" 1 "b" 2) "a"}} {{omit (dict "a" 1 "b" 2) "a"}} {{pluck "a" (dict "a" 1) (dict "b" 2)}} {{keys (dict "a" 1)}} {{values (dict "a" 1)}}',
    gives: 'map[a:1] map[b:2] [1] [a] [1]',
  },
  {
    because: 'merging',
    template:
      '{{merge (dict "a" (dict "x" 1) "e" "") (dict "a" (dict "x" 9 "y" 2) "e" "z")}} {{mergeOverwrite (dict "a" 1) (dict "a" 0)}}',
    gives: 'map[a:map[x:1 y:2] e:z] map[a:0]',
  },
  { because: 'digging', template: '{{dig "a" "b" "d" (dict "a" (dict "b" 5))}} {{dig "x" "d" (dict)}}', gives: '5 d' },
  {
    because: 'a copy of a map is another one',
    template: '{{$d := dict "a" (dict "b" 1)}}{{$e := deepCopy $d}}{{$_ := set $e.a "b" 2}}{{$d}} {{$e}} {{deepEqual $d $e}}',
    gives: 'map[a:map[b:1]] map[a:map[b:2]] false',
  },
])('lists and maps: $because', ({ template, gives }) => {
  expect(render(template)).toBe(gives);
});

test.for([
  {
    because: 'whole numbers',
    template:
      '{{add 1 2 3}} {{sub 5 3}} {{mul 2 3 4}} {{div 7 2}} {{div -7 2}} {{mod -7 3}} {{max 1 5 3}} {{min 4 2}} {{add1 1}}',
    gives: '6 2 24 3 -3 -1 5 2 2',
  },
  {
    because: 'they wrap at 64 bits',
    template: '{{add 9223372036854775807 1}} {{mul 9223372036854775807 2}}',
    gives: '-9223372036854775808 -2',
  },
  {
    because: 'what is no number is 0',
    template:
      '{{add "5" 1.9 true nil "x" "0x10" "007" "5.00"}} {{int "5"}} {{int64 5.7}} {{atoi "12"}} {{atoi "x"}} {{float64 "1.5"}} {{toDecimal 777}}',
    gives: '35 5 5 12 0 1.5 511',
  },
  {
    because: 'decimals are exact',
    template:
      '{{addf 0.1 0.2}} {{subf 0.3 0.1 0.1}} {{mulf 1.1 3}} {{divf 1 3}} {{divf 10 3 7}} {{add1f 1.5}} {{maxf 1 2.5}} {{minf 1 2.5}}',
    gives: '0.3 0.1 3.3 0.3333333333333333 0.4761904761904762 2.5 2.5 1',
  },
  {
    because: 'rounding',
    template: '{{round 3.14159 2}} {{round 2.5 0}} {{round -2.5 0}} {{round 123.456 -1}} {{floor 2.7}} {{ceil 2.1}}',
    gives: '3.14 3 -3 120 2 3',
  },
])('numbers: $because', ({ template, gives }) => {
  expect(render(template)).toBe(gives);
});

test.for([
  {
    because: 'defaults',
    template: '{{default "d" ""}} {{.Values.no | default "d"}} {{default "d" 0}} {{default "d" "v"}} {{coalesce "" nil 0 "x"}}',
    gives: 'd d d v x',
  },
  {
    because: 'emptiness',
    template: '{{empty ""}} {{empty (list)}} {{empty 0.0}} {{empty .AutomationObject}} {{all 1 "a"}} {{any 0 ""}}',
    gives: 'true true true false true false',
  },
  { because: 'one of two', template: '{{ternary "y" "n" true}} {{eq 1 2 | ternary "y" "n"}}', gives: 'y n' },
  {
    because: 'types and kinds',
    template:
      '{{typeOf 1}} {{typeOf (add 1)}} {{typeOf 1.5}} {{kindOf (dict)}} {{kindOf (list)}} {{kindOf nil}} {{kindIs "int" 1}} {{typeIs "string" "a"}} {{typeOf .Changed}} {{kindOf .}}',
    gives: 'int int64 float64 map slice invalid true true update.Result struct',
  },
])('choices and types: $because', ({ template, gives }) => {
  expect(render(template)).toBe(gives);
});

test.for([
  {
    because: 'JSON',
    template:
      '{{toJson (dict "b" 1 "a" (list 1.5 "x<y>&" nil true))}} {{toRawJson "<a>"}} {{toJson .AutomationObject}} [{{toJson .Changed}}] {{toJson 1e21}}',
    gives: '{"a":[1.5,"x\\u003cy\\u003e\\u0026",null,true],"b":1} "<a>" {"Namespace":"apps","Name":"bumps"} [] 1e+21',
  },
  {
    because: 'JSON over lines',
    template: '{{toPrettyJson (dict "a" (list 1) "e" (list) "m" (dict))}}',
    gives: '{\n  "a": [\n    1\n  ],\n  "e": [],\n  "m": {}\n}',
  },
  {
    because: 'JSON that is read',
    template: '{{fromJson "{\\"a\\":[1,2.5,\\"x\\",null,true]}"}} {{(fromJson "{\\"a\\":{\\"b\\":1}}").a.b}} {{fromJson "{"}}',
    gives: 'map[a:[1 2.5 x <nil> true]] 1 <no value>',
  },
  {
    because: 'base 64 and 32',
    template: '{{b64enc "héllo"}} {{b64dec "aGk="}} {{b64dec "a!"}} {{b32enc "hello"}} {{b32dec "NBSWY3DP"}}',
    gives: 'aMOpbGxv hi illegal base64 data at input byte 1 NBSWY3DP hello',
  },
  {
    because: 'digests',
    template: '{{sha1sum "a"}} {{sha256sum "a" | trunc 12}} {{sha512sum "a" | trunc 12}} {{adler32sum "hello"}}',
    gives: '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8 ca978112ca1b 1f40fc92da24 103547413',
  },
  {
    because: 'patterns that search',
    template:
      '{{regexMatch "^a+$" "aaa"}} {{regexMatch "(" "a"}} {{regexFind "[0-9]+" "ab12cd3"}} {{regexFindAll "[0-9]" "1a2b3" 2}} {{regexFindAll "a*" "baac" -1}}',
    gives: 'true false 12 [1 2] [ aa ]',
  },
  {
    because: 'patterns that replace',
    template:
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Go's own form of a group's name
      '{{regexReplaceAll "a(x*)b" "-ab-axxb-" "${1}W"}} {{regexReplaceAll "a(x*)b" "-ab-axxb-" "$1W"}} {{regexReplaceAllLiteral "b" "abc" "$0"}} {{regexReplaceAll "x*" "abc" "-"}} {{regexReplaceAll "(?P<n>b)" "abc" "<${n}$$>"}}',
    gives: '-W-xxW- --- a$0c -a-b-c- a<b$>c',
  },
  {
    because: 'patterns that split',
    template:
      '{{regexSplit "z+" "pizza" -1}} {{regexSplit "a" "banana" 2}} {{regexSplit "" "abc" -1}} {{regexQuoteMeta "1.2.3"}}',
    gives: '[pi a] [b nana] [a b c] 1\\.2\\.3',
  },
])('encodings and patterns: $because', ({ template, gives }) => {
  expect(render(template)).toBe(gives);
});

test.for([
  {
    because: 'versions',
    template:
      '{{semverCompare "^1.2.0" "1.3.0"}} {{semverCompare ">=1.2 <2" "2.0.0"}} {{(semver "1.2.3-beta.1+build").Major}} {{(semver "1.2.3-b").Prerelease}} {{semver "v1.2.3"}} {{(semver "v1.2.3").Original}}',
    gives: 'true false 1 b 1.2.3 v1.2.3',
  },
  {
    because: 'paths',
    template:
      '{{base "a/b/c.txt"}} {{dir "a/b/c.txt"}} {{ext "a/b.tar.gz"}} {{clean "a//b/../c/"}} {{isAbs "/a"}} {{base ""}} {{base "/"}} {{dir "a"}} {{clean ""}}',
    gives: 'c.txt a/b .gz a/c true . / . .',
  },
  {
    because: 'addresses',
    template:
      '{{urlParse "https://user:pw@example.com:8080/a%20b/c?q=1#frag"}} {{urlJoin (dict "scheme" "http" "host" "h:80" "path" "/p" "query" "q=1" "fragment" "f")}}',
    gives:
      'map[fragment:frag host:example.com:8080 hostname:example.com opaque: path:/a b/c query:q=1 scheme:https userinfo:user:pw] http://h:80/p?q=1#f',
  },
  {
    because: 'durations',
    template: '{{duration "3661"}} {{duration (int64 90)}} {{durationRound "2h10m5s"}} {{durationRound "800h"}}',
    gives: '1h1m1s 1m30s 2h 1mo',
  },
  {
    because: 'dates that are given',
    template:
      '{{unixEpoch (toDate "2006-01-02" "2024-03-05")}} {{(toDate "2006-01-02 15:04:05" "2024-03-05 17:06:07").Format "Mon Jan _2 3:04PM 06"}} {{toDate "2006-01-02" "bogus"}}',
    gives: '1709596800 Tue Mar  5 5:06PM 24 0001-01-01 00:00:00 +0000 UTC',
  },
  {
    because: 'dates that are moved',
    template: '{{(mustDateModify "-1.5h" (toDate "2006-01-02" "2024-03-05")).Format "2006-01-02T15:04:05Z07:00"}}',
    gives: '2024-03-04T22:30:00Z',
  },
])('versions, paths, addresses and dates: $because', ({ template, gives }) => {
  expect(render(template)).toBe(gives);
});
