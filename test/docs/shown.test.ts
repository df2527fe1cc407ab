/** What counts as the answer that a page shows, and what does not: else the guides could show anything. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stepsOf } from './guide.ts';
import { fits, fitsText } from './shown.ts';

test('JSON fits whatever its ids, dates and numbers are, and nothing else', () => {
  const shown = { id: '12', at: '2026-11-25T16:40:51.093989Z', state: 'ON', list: [{ n: 1 }] };
  assert.ok(fits({ ...shown, id: '987', at: '2027-01-01T00:00:00Z', list: [{ n: 5 }] }, shown));
  for (const other of [
    { ...shown, state: 'OFF' },
    { ...shown, id: 'x' },
    { ...shown, at: '' },
    { ...shown, list: [] },
    { ...shown, list: [{ n: 1 }, { n: 1 }] },
    { ...shown, more: true },
    { id: '12' },
    [],
    null,
    'ON',
  ])
    assert.ok(!fits(other, shown), JSON.stringify(other));
  assert.ok(!fits({ code: 5 }, { code: 9 }), 'a code is no number like others');
});

test('where JSON is left out, what stands beside it still counts', () => {
  assert.ok(fits({ a: 'x', b: 1 }, { a: 'x', '…': '…' }));
  assert.ok(!fits({ a: 'y', b: 1 }, { a: 'x', '…': '…' }));
  assert.ok(!fits({ b: 1 }, { a: 'x', '…': '…' }));
  assert.ok(fits('pat_1_a', 'pat_…') && !fits('sess_1_a', 'pat_…'));
});

test('text fits line by line; what is left out is within a line, or whole lines', () => {
  assert.ok(fitsText('a 1 b\nc\n', 'a … b\nc\n'));
  assert.ok(fitsText('x\ny\na\n', '…\na\n'));
  for (const other of ['a 1\nc\n', 'a 1 b\n', 'a 1 b\nc\nd\n', 'a 1 b\nx\nc\n']) assert.ok(!fitsText(other, 'a … b\nc\n'), other);
});

test('a block that is neither run, nor a file, nor an answer is a mistake', () => {
  assert.throws(() => stepsOf('```yaml\na: 1\n```\n'), /line 1/);
  assert.throws(() => stepsOf('```sh\ntrue\n```\n```text\nx\n```\n```text\ny\n```\n'), /line 7/);
});
