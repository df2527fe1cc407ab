/** Start and rest: how long the first and the second start take against the database alone, and what an idle server uses. */
import { setTimeout as pause } from 'node:timers/promises';
import { startEmbedded } from '../src/store/embedded.ts';
import { startKeyward } from './keyward.ts';
import type { LoadPlan, LoadResult } from './load/plan.ts';
import { operations, subjectsOf } from './operations.ts';
import { addMachines } from './people.ts';
import { cpuSeconds, residentMb } from './proc.ts';
import { Helper } from './processes.ts';
import type { Options } from './run.ts';

export interface LifeRow {
  readonly title: string;
  readonly value: number;
  readonly unit: 's' | 'MB' | '%' | '×' | 'ms' | '/s' | '';
  /** What it may be at most, or must be at least; undefined where there is no bar. */
  readonly bar: { readonly most: number } | { readonly least: number } | undefined;
  readonly met: boolean;
}

const SLACK_SECONDS = 1;
const IDLE_MB = 150;
const IDLE_PERCENT = 1;
const GROWTH = 1.2;

export async function measureLife(dataDir: string, options: Options): Promise<LifeRow[]> {
  const first = await startKeyward(dataDir);
  await first.stop();

  const begun = performance.now();
  const database = await startEmbedded({ dataDir, connections: 20 });
  const boot = (performance.now() - begun) / 1000;
  await database.stop();

  const keyward = await startKeyward(dataDir);
  const load = new Helper<LoadPlan, LoadResult>('load/main.ts');
  try {
    await pause(2000); // what a start leaves behind is collected
    const [before, since] = [cpuSeconds(keyward.pid), performance.now()];
    await pause(options.idleSeconds * 1000);
    const percent = ((cpuSeconds(keyward.pid) - before) / ((performance.now() - since) / 1000)) * 100;
    const idle = residentMb(keyward.pid);
    const rows = [
      figure('first start', first.startSeconds, 's'),
      figure('database alone', boot, 's'),
      atMost('second start', keyward.startSeconds, 's', boot + SLACK_SECONDS),
      atMost('idle CPU', percent, '%', IDLE_PERCENT),
      atMost('idle memory', idle, 'MB', IDLE_MB),
    ];
    const users = await addMachines(keyward, 'life', 64);
    const burden = async (calls: number): Promise<number> => {
      for (let done = 0; done < calls; ) {
        const { answered } = await load.ask({
          protocol: 'grpc',
          port: keyward.port,
          token: keyward.token,
          connections: 1,
          slots: users.map((userId) => operations.getUserById.calls('grpc', subjectsOf([userId]), keyward.orgId)),
          warmSeconds: 0,
          seconds: 2,
        });
        done += answered;
      }
      await pause(2000);
      return residentMb(keyward.pid);
    };
    const early = await burden(50_000);
    rows.push(figure('memory after 50 k calls', early, 'MB'));
    if (options.long) {
      const late = await burden(950_000);
      rows.push(figure('memory after 1 M calls', late, 'MB'), atMost('1 M against 50 k', late / early, '×', GROWTH));
    }
    return rows;
  } finally {
    await load.end();
    await keyward.stop();
  }
}

export const figure = (title: string, value: number, unit: LifeRow['unit']): LifeRow => ({ title, value, unit, bar: undefined, met: true });

export const atMost = (title: string, value: number, unit: LifeRow['unit'], most: number): LifeRow => ({
  title,
  value,
  unit,
  bar: { most },
  met: value <= most,
});

export const atLeast = (title: string, value: number, unit: LifeRow['unit'], least: number): LifeRow => ({
  title,
  value,
  unit,
  bar: { least },
  met: value >= least,
});
