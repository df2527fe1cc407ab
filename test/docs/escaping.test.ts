/** Hostile texts arrive unchanged: a sample of each language that this machine has sends them to a server that says what it got. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { samples } from '../../src/docs/samples/index.ts';
import { missing, overGrpc, prepared } from './runtimes.ts';

const fixed = [
  '',
  '\'"`\\ $HOME $ {HOME} $(id) #{1} #$0 #@x %s %{x} {{x}} <?php ?> <!-- & ; | !! \\u0022 \\x22 \\0',
  `'; exit 3 # \${HOME}`,
  "\n'@\n'@ \nJSON\nEOF\n",
  '""" "" """ */ // --',
  '‘’‚‛“”„\u2028\u2029\u0085\u202e\ufeff\u00a0\u007f',
  '\0\u0001\u0007\b\t\n\v\f\r\u001b',
  'Zoë Ångström 東京 😀👩‍👩‍👧 é',
  ' leading and trailing ',
  '@file',
];
const body = {
  texts: [...fixed, ...fc.sample(fc.string({ unit: 'binary', maxLength: 40 }), 200)],
  names: { ['__proto__']: 1, 'with "quotes"': true, 'a-b': null, class: [], $x: {}, "it's #{x}": 1.5 },
  numbered: { 0: 'a', 1: 'b' },
};

interface Got {
  readonly line: string;
  readonly type: string | undefined;
  readonly token: string | undefined;
  readonly body: string;
}

let got: Got | undefined;
const server = createServer(async (request, response) => {
  const { method, url, headers } = request;
  got = { line: `${method} ${url}`, type: headers['content-type'], token: headers.authorization, body: await text(request) };
  response.end('{}');
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
after(() => server.close());
const { port } = server.address() as AddressInfo; // of a TCP server that listens

const origin = `http://127.0.0.1:${port}`;
const rpc = { service: 'x.v2.XService', name: 'X', message: {} };

const able = await Promise.all(
  samples.filter(({ id }) => !overGrpc.has(id)).map(async (sample) => ({ ...sample, skip: await missing(sample.id) })),
);

describe('what a sample sends', () => {
  for (const { id, label, render, skip } of able)
    it(`arrives unchanged from ${label}`, { ...(skip === undefined ? {} : { skip }) }, async () => {
      const path = `/a/b'c?x=$HOME&y=\${z}#{w}%20`;
      const run = await prepared(id, {
        full: render({ method: 'PATCH', path, body, origin, rpc }),
        empty: render({ method: 'POST', path: '/', body: undefined, origin, rpc }),
      });
      const { exit, out, said } = await run('full', 'tok.en-_~');
      assert.equal(exit, 0, said);
      assert.match(out, /^\{\}\n*200\n$/);
      assert.deepEqual(JSON.parse(got?.body ?? ''), JSON.parse(JSON.stringify(body)));
      assert.deepEqual([got?.line, got?.token], ['PATCH /a/b%27c?x=$HOME&y=$%7Bz%7D', 'Bearer tok.en-_~']);
      assert.match(got?.type ?? '', /^application\/json\b/);

      assert.equal((await run('empty', 't')).exit, 0);
      assert.deepEqual([got?.line, got?.body], ['POST /', '']);
    });
});
