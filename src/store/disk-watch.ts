/**
 * Keeps the embedded database readable while its disk is full. PostgreSQL ends (PANIC) when it cannot write its log, and does not come up
 * again before there is space; so changes are turned off while there is still room for the log, and on again when space is back.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';

export interface DiskWatch {
  stop(): void;
}

/** `off`: so many bytes are left, and changes are refused. */
export type DiskChange = { readonly changes: 'off' | 'on'; readonly bytesFree: number };

const MB = 1024 * 1024;
/** Four segments of the log; more than is written between two looks. */
const OFF_BELOW = 64 * MB;
/** Higher, so that it does not go back and forth. */
const ON_ABOVE = 96 * MB;
const LOOK_MS = 500;

/** Both names are settled while there is space: to rename takes none. */
const ON = 'keyward.conf';
const OFF = 'keyward.conf.off';

/** Makes the cluster's configuration ready for the watch, with changes turned on; before PostgreSQL starts. */
export function prepareDiskWatch(cluster: string, own: (path: string) => void): void {
  const main = join(cluster, 'postgresql.conf');
  const line = `include_if_exists = '${ON}'`;
  const content = readFileSync(main, 'utf8');
  if (!content.includes(line)) writeFileSync(main, `${content}\n${line}\n`);
  const [on, off] = [join(cluster, ON), join(cluster, OFF)];
  if (existsSync(on)) renameSync(on, off);
  if (existsSync(off)) return;
  writeFileSync(off, '# In use while the disk is full.\ndefault_transaction_read_only = on\n', { mode: 0o600 });
  own(off);
}

/** Looks twice a second; `reload` makes PostgreSQL read its configuration again. */
export function watchDisk(cluster: string, reload: () => void, onChange: (change: DiskChange) => void): DiskWatch {
  let changes: DiskChange['changes'] = 'on';
  const turn = (to: DiskChange['changes'], bytesFree: number) => {
    changes = to;
    renameSync(join(cluster, to === 'off' ? OFF : ON), join(cluster, to === 'off' ? ON : OFF));
    reload();
    onChange({ changes, bytesFree });
  };
  const look = async () => {
    const { bavail, bsize } = await statfs(cluster);
    const bytesFree = bavail * bsize;
    if (changes === 'on' && bytesFree < OFF_BELOW) turn('off', bytesFree);
    if (changes === 'off' && bytesFree > ON_ABOVE) turn('on', bytesFree);
  };
  const timer = setInterval(() => void look().catch(() => undefined), LOOK_MS); // a look that fails is followed by the next
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
