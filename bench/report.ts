/** The table of a run, line by line. */
import type { CallRow } from './calls.ts';
import type { LifeRow } from './life.ts';
import type { ListRow } from './lists.ts';
import type { SamenessRow } from './sameness.ts';
import type { SessionRow } from './sessions.ts';

export const callHead =
  '                                               calls/s    p50 ms    p99 ms  CPU µs |  bare/s    CPU | direct/s    CPU |  limit/s  ratio  by CPU';

export function callLine(row: CallRow): string {
  const how = row.inFlight === 0 ? 'open loop' : `${row.inFlight} in flight`;
  const name = `${row.title}, ${row.protocol}, ${how}, ${row.workers} w`.padEnd(46);
  const own = `${whole(row.perSecond, 8)} ${fixed(row.p50, 9)} ${fixed(row.p99, 9)} ${whole(row.cpu, 7)}`;
  const failed = row.failures > 0 ? `  ${row.failures} failures` : '';
  if (!row.bare || !row.direct || row.limit === undefined || row.ratio === undefined || row.cpuRatio === undefined)
    return `${name}${own}${' '.repeat(63)}${mark(row)}${failed}`;
  const bare = `${whole(row.bare.perSecond, 7)} ${whole(row.bare.cpu, 6)}`;
  const direct = `${whole(row.direct.perSecond, 8)} ${whole(row.direct.cpu, 6)}`;
  return `${name}${own} | ${bare} | ${direct} | ${whole(row.limit, 8)}   ${row.ratio.toFixed(2)}    ${row.cpuRatio.toFixed(2)}${mark(row)}${failed}`;
}

export function listLine(row: ListRow): string {
  const sizes = Object.entries(row.ms).map(([size, ms]) => `${Number(size) / 1000} k: ${ms.toFixed(2)}`.padStart(14));
  const name = `ListUsers ${row.title}, ${row.as}`.padEnd(80);
  return `${name}${sizes.join('')} ms  × ${row.ratio.toFixed(2)}${mark(row)}${row.failures > 0 ? `  ${row.failures} failures` : ''}`;
}

export function lifeLine({ title, value, unit, bar, met }: LifeRow): string {
  const said = bar && ('most' in bar ? `at most ${bar.most.toFixed(2)}` : `at least ${bar.least.toFixed(2)}`);
  const shown = said === undefined ? '' : `  (${said})${mark({ met })}`;
  return `${title.padEnd(46)}${value.toFixed(2).padStart(8)} ${unit}${shown}`;
}

export function sessionLine({ title, value, unit, against, ratio, bar, failures, met }: SessionRow): string {
  const failed = failures > 0 ? `  ${failures} failures` : '';
  return `${title.padEnd(60)}${value.toFixed(2).padStart(9)} ${unit} against ${against.toFixed(2)}  × ${ratio.toFixed(2)} (${bar})${mark({ met })}${failed}`;
}

export function samenessLine({ title, tries, p50, slower, met }: SamenessRow): string {
  return `${title.padEnd(60)}${p50.toFixed(2).padStart(9)} ms, slower than a wrong password in ${(slower * 100).toFixed(1)} % of ${tries}²${mark({ met })}`;
}

const mark = ({ met }: { readonly met: boolean }): string => (met ? '  met' : '  MISSED');
const whole = (value: number, width: number): string => value.toFixed(0).padStart(width);
const fixed = (value: number, width: number): string => value.toFixed(2).padStart(width);
