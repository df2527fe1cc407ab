/** Loaded into a node before it starts: appends every refusal that it tells to a file, one line each (`KEYWARD_TEST_OBSERVED=file npm test`). */
import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import type { RefusedCall } from '../../src/transport/served-call.ts';

const file = process.env.KEYWARD_TEST_OBSERVED ?? '';
const seen = new Set<string>();

subscribe('keyward.call.refused', (message) => {
  const { method, failure } = message as RefusedCall; // what the channel carries
  // What has no id is told by its text alone; what is our own fault has one that nobody can look up.
  if (!failure.id || failure.code === 'internal') return;
  const line = JSON.stringify([method.path, failure.code, failure.id, failure.text]);
  if (seen.has(line)) return;
  seen.add(line);
  appendFileSync(file, `${line}\n`);
});
