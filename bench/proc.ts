/** What Linux tells of a process (proc(5)): CPU time and memory, with those of its children of the same program. */
import { readFileSync } from 'node:fs';

/** Clock ticks a second, as /proc counts them; 100 on every Linux that Node runs on. */
const TICKS = 100;

/** Seconds of CPU that the Node processes of this tree have used: Keyward with its workers, without its database. */
export function cpuSeconds(pid: number): number {
  return nodes(pid).reduce((sum, each) => {
    const fields = stat(each);
    return sum + (Number(fields[11]) + Number(fields[12])) / TICKS;
  }, 0);
}

/** Megabytes of memory in use, of the process itself. */
export function residentMb(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

/** The process and those of its descendants that run Node too. */
function nodes(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return [pid, ...children.filter((child) => read(`/proc/${child}/comm`) === read(`/proc/${pid}/comm`)).flatMap(nodes)];
}

/** The fields behind the name, which may itself hold blanks and brackets; `utime` and `stime` are the 12th and 13th of them. */
function stat(pid: number): readonly string[] {
  const text = read(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Empty where the process has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
