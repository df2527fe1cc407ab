import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KINDS, messageKinds } from './kinds.ts';
import { type Message, render } from './render.ts';
import { languageFor, languages } from './texts/texts.ts';

const message: Message = {
  id: '0b5b0b5e-6d0c-4a55-8a3e-000000000000',
  instanceId: 'i1',
  userId: 'u/1 &2',
  orgId: 'o1',
  kind: 'verify-email',
  channel: 'mail',
  recipient: 'ada@example.com',
  language: 'en',
  code: 'ABC123',
  data: { name: 'Ada {link} <i>', username: 'ada', codeId: 'k1', sessionId: 's1', applicationName: 'Shop', domain: 'claimed.example' },
  createdAt: new Date(0),
};
const ORIGIN = 'https://id.example.com';
const withoutCode = new Set(['password-changed', 'domain-claimed']);

test('every kind of message is whole in every language: no placeholder is left, no text is that of another language', () => {
  const seen = new Map<string, string>();
  for (const language of Object.keys(languages)) {
    for (const kind of messageKinds) {
      for (const channel of KINDS[kind].channels) {
        const code = withoutCode.has(kind) ? undefined : 'ABC123';
        const {
          subject = '',
          text,
          html = '',
        } = render({ ...message, kind, channel, language, code, data: { ...message.data, name: 'Ada' } }, ORIGIN);
        const where = `${language} ${kind} ${channel}`;
        for (const part of [subject, text, html.replace(/style="[^"]*"/g, '')]) {
          assert.doesNotMatch(part, /[{}]|undefined|\[object|<no value>/, where);
        }
        assert.equal(text.includes('ABC123'), code !== undefined, where);
        assert.ok(text.trim() !== '' && !seen.has(text), `${where} is as ${seen.get(text)}`);
        seen.set(text, where);
        if (channel === 'mail') {
          assert.ok(subject !== '' && html.startsWith(`<!doctype html>\n<html lang="${language}">`), where);
          const link = 'path' in KINDS[kind];
          assert.equal(text.includes(`${ORIGIN}/ui/v2/login/`), link, where);
          assert.equal(html.includes('<a href='), link, where);
        }
      }
    }
  }
});

test('the language is the nearest one that there are texts in, else that of the instance, else English', () => {
  const tags = { de: 'de', 'de-CH': 'de', 'pt-BR': 'pt', 'zh-Hant-TW': 'zh', und: 'en', ru: 'en', '': 'en', constructor: 'en' };
  for (const [tag, language] of Object.entries(tags)) assert.equal(languageFor(tag), language, tag);
  const languageOf = (language: string, otherwise?: string) => render({ ...message, language }, ORIGIN, otherwise).language;
  assert.deepEqual([languageOf('und', 'de'), languageOf('fr', 'de'), languageOf('und', 'ar'), languageOf('und')], ['de', 'fr', 'en', 'en']);
});

test('what somebody calls himself is text: in HTML it is escaped, it fills no placeholder, it has no second line and an end', () => {
  const { text, html = '' } = render(message, ORIGIN);
  assert.ok(text.startsWith('Hello Ada {link} <i>,\n'));
  assert.ok(html.includes('Hello Ada {link} &lt;i&gt;,'));
  const long = render(
    { ...message, kind: 'invite', data: { ...message.data, applicationName: `A\r\nBcc: x@y.example\u202e${'z'.repeat(300)}` } },
    ORIGIN,
  );
  assert.match(long.subject ?? '', /^Your invitation to A Bcc: x@y\.example z+…$/);
  assert.ok((long.subject ?? '').length < 130);
});

test('fields in the query of a link are escaped', () => {
  const { link } = render(message, ORIGIN);
  assert.equal(link, 'https://id.example.com/ui/v2/login/verify?code=ABC123&organization=o1&userId=u%2F1%20%262');
});

test('a link of a scheme that runs in the reader can be read, not clicked', () => {
  for (const template of ['javascript:alert({{.Code}})', 'data:text/html,{{.Code}}', '{{.Code}}', 'no link: {{.Code}}']) {
    const { html = '', text } = render({ ...message, data: { ...message.data, template } }, ORIGIN);
    assert.ok(!html.includes('<a ') || template.startsWith('no link'), template);
    assert.ok(text.includes(template.replace('{{.Code}}', 'ABC123')));
  }
  const { html = '' } = render({ ...message, data: { ...message.data, template: 'myapp://verify?c={{.Code}}"><script>' } }, ORIGIN);
  assert.ok(html.includes('href="myapp://verify?c=ABC123&quot;&gt;&lt;script&gt;"'));
});
