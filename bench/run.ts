/**
 * `npm run bench [-- --quick] [--only text] [--million] [--long] [--seconds n] [--name file]`: measures Keyward against the limit of this very
 * machine, prints a table, and writes bench/results/<name>.json. The limit of a call is 1/(1/h + 1/q): h = calls/s of a bare Node server with
 * the same message sizes under the same load, q = calls/s of the same SQL through the same driver and pool without a server. A bar that is
 * missed is shown, and no failure of the program.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureCalls } from './calls.ts';
import { newDataDir, startKeyward } from './keyward.ts';
import { measureLife } from './life.ts';
import { measureLists } from './lists.ts';
import type { Protocol } from './load/plan.ts';
import { measurePasswords } from './passwords.ts';
import { callHead, callLine, lifeLine, listLine, samenessLine, sessionLine } from './report.ts';
import { measureSameness } from './sameness.ts';
import { measureSessions } from './sessions.ts';
import { measureTenants } from './tenants.ts';

export interface Options {
  readonly seconds: number;
  readonly listSeconds: number;
  readonly idleSeconds: number;
  readonly workers: readonly number[];
  readonly inFlight: readonly number[];
  readonly protocols: readonly Protocol[];
  readonly sizes: readonly number[];
  readonly long: boolean;
  readonly quick: boolean;
  /** Whether a scenario of this title was asked for. */
  wants(title: string): boolean;
}

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    million: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    part: { type: 'string', default: 'life,calls,passwords,lists,sessions,sameness,tenants' },
    protocol: { type: 'string', default: 'grpc,rest' },
    workers: { type: 'string', default: '1,2' },
    'in-flight': { type: 'string', default: '1,64' },
    seconds: { type: 'string' },
    name: { type: 'string', default: 'latest' },
  },
});
const numbers = (text: string): number[] => text.split(',').map(Number);
const options: Options = {
  seconds: Number(values.seconds ?? (values.quick ? 1 : 3)),
  listSeconds: values.quick ? 0.3 : 1.2,
  idleSeconds: values.quick ? 2 : 5,
  workers: numbers(values.workers),
  inFlight: numbers(values['in-flight']),
  protocols: values.protocol.split(',') as Protocol[], // what is neither has no client, and fails at once
  sizes: values.million ? [10_000, 100_000, 1_000_000] : [10_000, 100_000],
  long: values.long,
  quick: values.quick,
  wants: (title) => title.toLowerCase().includes(values.only.toLowerCase()),
};
const parts = values.part.split(',');
const say = (line: string): void => void process.stdout.write(`${line}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

const dataDir = newDataDir();
try {
  const machine = await describeMachine();
  say(
    Object.entries(machine)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
  );
  const life = parts.includes('life') ? await measureLife(dataDir, options) : [];
  for (const row of life) say(lifeLine(row));
  if (parts.includes('calls')) say(`\n${callHead}`);
  const calls = parts.includes('calls') ? await measureCalls(dataDir, options, (row) => say(callLine(row))) : [];
  const passwords = parts.includes('passwords') ? await measurePasswords(dataDir, options) : [];
  for (const row of passwords) say(lifeLine(row));
  const lists = parts.includes('lists') ? await measureLists(options, (row) => say(listLine(row))) : [];
  const sessions = parts.includes('sessions') ? await measureSessions(dataDir, options, (row) => say(sessionLine(row))) : [];
  const sameness = parts.includes('sameness') ? await measureSameness(dataDir, options, (row) => say(samenessLine(row))) : [];
  const tenants = parts.includes('tenants') ? await measureTenants(options) : [];
  for (const row of tenants) say(lifeLine(row));

  const file = join(import.meta.dirname, 'results', `${values.name}.json`);
  const measured = { life, calls, passwords, lists, sessions, sameness, tenants };
  writeFileSync(
    file,
    `${JSON.stringify({ at: new Date().toISOString(), machine, ...measured }, null, 2)}
`,
  );
  const all = Object.values(measured).flat();
  say(`\n${all.filter(({ met }) => met).length} of ${all.length} bars met; written to ${file}`);
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}

/** What figures depend on. Starts the database once, so that the first start that is measured is a first one on another folder. */
async function describeMachine(): Promise<Readonly<Record<string, string | number>>> {
  const folder = newDataDir();
  try {
    const keyward = await startKeyward(folder);
    const [row] = await keyward.sql<{ fsync: string; commit: string; version: string }[]>`
      select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit, current_setting('server_version') as version`;
    await keyward.stop();
    return {
      node: process.versions.node,
      postgresql: row!.version,
      fsync: row!.fsync,
      synchronous_commit: row!.commit,
      cores: availableParallelism(),
      cpu: cpus()[0]?.model ?? 'unknown',
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
