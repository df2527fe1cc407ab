import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillTemplate, TemplateFieldError, TemplateSyntaxError } from './go-template.ts';

const fields = { UserID: 'u 1&2', OrgID: 'o1', Code: 'AB<1' };

/** Template → what Go 1.26 makes of it (text/template), but for escaping in a query, which is ours. */
const filled: Readonly<Record<string, string>> = {
  '': '',
  'https://x.example/a': 'https://x.example/a',
  'https://x.example/{{.OrgID}}/{{ .UserID }}': 'https://x.example/o1/u 1&2',
  'https://x.example/?u={{.UserID}}&c={{.Code}}': 'https://x.example/?u=u%201%262&c=AB%3C1',
  'https://x.example/#c={{$.Code}}': 'https://x.example/#c=AB%3C1',
  '?c={{.Code | print}}': '?c=AB<1',
  '?c={{.Code | urlquery}}': '?c=AB%3C1',
  '{{urlquery .UserID}}': 'u+1%262',
  '{{.Code | html}}': 'AB&lt;1',
  '{{js .Code}}': 'AB\\u003C1',
  '{{printf "%s" .Code}}': 'AB<1',
  '{{printf "%q-%5s|%-4s|%v%%" .OrgID "x" "y" .OrgID}}': '"o1"-    x|y   |o1%',
  '{{print .Code .Code}}': 'AB<1AB<1',
  '{{printf "%d" .OrgID}}': '%!d(string=o1)',
  '{{.OrgID | printf "%s/%s" "a"}}': 'a/o1',
  '{{len .OrgID}}{{index .OrgID 1}}': '249',
  '{{slice .Code 0 2}}': 'AB',
  '{{print .OrgID 1 2 "x"}}': 'o11 2x',
  '{{println "a" 1}}': 'a 1\n',
  '{{and .Code "b"}}{{or "" "c"}}{{not true}}': 'bcfalse',
  '{{eq .OrgID "a" "o1"}} {{ne 1 2}} {{lt "a" "b"}} {{ge 2 2}}': 'true true true true',
  '{{(print .Code)}}': 'AB<1',
  '{{print (len .OrgID) `}}`}}': '2}}',
  'a {{- .OrgID -}} b': 'ao1b',
  'a{{/* no }} end */}}b': 'ab',
  'a{{- /* trimmed */ -}} b': 'ab',
  '{{$x := .OrgID}}{{$x}}{{$x = "y"}}{{$x}}': 'o1y',
  '{{"\\u0041\\x42"}}': 'AB',
};

test('a template is filled as Go fills it', () => {
  for (const [template, text] of Object.entries(filled)) assert.equal(fillTemplate(template, fields), text, template);
});

test('what is no template is told from one that cannot be filled', () => {
  const wrong = [
    '{{',
    '{{}}',
    '{{ }}',
    '{{.Code',
    '{{nope .Code}}',
    '{{constructor .Code}}',
    '{{.Code | toString}}',
    '{{$y}}',
    '{{(print .Code}}',
    '{{if .Code}}x{{end}}',
    '{{"a}}',
  ];
  for (const template of wrong) assert.throws(() => fillTemplate(template, fields), TemplateSyntaxError, template);
  const unfillable = [
    '{{.Nope}}',
    '{{.Code | .Code}}',
    '{{.Code.Nope}}',
    '{{.toString}}',
    '{{index .Code 99}}',
    '{{slice .Code 3 1}}',
    '{{len 5}}',
    '{{.Code .OrgID}}',
    '{{call .Code}}',
    '{{eq .Code}}',
    '{{lt .Code 1}}',
  ];
  for (const template of unfillable) assert.throws(() => fillTemplate(template, fields), TemplateFieldError, template);
});

test('a template of the longest length that is a trap for an expression is decided at once', () => {
  const start = performance.now();
  for (const template of [
    `{{${'a '.repeat(99)}`,
    `{{${'"\\"'.repeat(66)}`,
    `{{${'('.repeat(190)}}}`,
    `{{${'.'.repeat(190)}}}`,
    `{{printf "%200000000s" .Code}}`,
  ]) {
    try {
      assert.ok(fillTemplate(template, fields).length < 1000);
    } catch (error) {
      assert.ok(error instanceof TemplateSyntaxError || error instanceof TemplateFieldError, template);
    }
  }
  assert.ok(performance.now() - start < 500);
});
