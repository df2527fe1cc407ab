import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from './log.ts';

test('tokens, passwords and quoted rows are struck out wherever they lie; the outcome of a call is kept', () => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });
  log.info({ authorization: 'Bearer s3cret', headers: { authorization: 's3cret', cookie: 's3cret' }, code: 'ok' }, 'call');
  log.info({ request: { user: { password: 's3cret' }, code: 's3cret' }, pat: 's3cret' }, 'call');
  log.error({ err: Object.assign(new Error('duplicate'), { code: '23505', detail: 'Key (s3cret)' }) }, 'failed');
  assert.doesNotMatch(lines.join(''), /s3cret/);
  assert.equal(JSON.parse(lines[0]!).code, 'ok');
  assert.equal(JSON.parse(lines[2]!).err.code, '23505');
});

test('below the level nothing is written', () => {
  const lines: string[] = [];
  createLog('warn', { write: (line) => void lines.push(line) }).info('call');
  assert.deepEqual(lines, []);
});
