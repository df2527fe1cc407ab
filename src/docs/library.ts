/**
 * The written docs on the disk of this machine: made on the first request by `keyward docs` in a process of its own, so that a node that is never
 * asked pays nothing, and one that is holds no descriptors and no pages. One edition for each state of the source and scheme of the addresses.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, statSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What stands in the files in place of the origin that serves them. */
export const standIn = { host: 'custom-domain.example:59999', hostname: 'custom-domain.example', port: '59999' } as const;

const room = join(import.meta.dirname, '..');
/** Beside the compile cache, which nobody keeps. */
const cache = join(room, '../node_modules/.cache/keyward/docs');

export interface DocsFile {
  readonly bytes: Buffer;
  /** The same as long as the file is. */
  readonly edition: string;
}

export class Library {
  readonly #editions = new Map<string, Promise<string>>();

  /** A file of the edition for `https:` or `http:`; undefined where there is none of that name. */
  async read(scheme: string, name: string): Promise<DocsFile | undefined> {
    for (const isAgain of [false, true]) {
      const folder = await this.#edition(scheme, isAgain);
      const bytes = await readFile(join(folder, name)).catch(() => undefined);
      if (bytes !== undefined) return { bytes, edition: `${folder} ${name}` };
      // A file that is not there is none, unless somebody has emptied the cache.
      if (await exists(folder)) return undefined;
    }
    throw new Error('the docs are gone as soon as they are written');
  }

  #edition(scheme: string, anew: boolean): Promise<string> {
    const known = anew ? undefined : this.#editions.get(scheme);
    if (known !== undefined) return known;
    const made = edition(scheme);
    this.#editions.set(scheme, made);
    made.catch(() => this.#editions.delete(scheme)); // so that the next request tries again
    return made;
  }
}

async function edition(scheme: string): Promise<string> {
  const source = fingerprint();
  const name = `${source}-${scheme.replace(':', '')}`;
  const home = await writable(cache);
  const folder = join(home, name);
  if (await exists(folder)) return folder;
  const draft = await mkdtemp(join(home, 'draft-'));
  await write(draft, `${scheme}//${standIn.host}`);
  // Another process may have been faster: what it wrote is the same.
  await rename(draft, folder).catch(() => rm(draft, { recursive: true, force: true }));
  await removeOld(home, source);
  return folder;
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** A folder that nobody else could have filled: that of the cache; else one of our own among the temporary ones. */
async function writable(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true });
    await rm(await mkdtemp(join(folder, 'probe-')), { recursive: true });
    return folder;
  } catch {
    const own = process.getuid?.();
    const shared = join(tmpdir(), `keyward-docs-${own}`);
    await mkdir(shared, { mode: 0o700 }).catch(() => undefined);
    const found = await lstat(shared).catch(() => undefined);
    const isOurs = own !== undefined && found?.isDirectory() && found.uid === own && (found.mode & 0o022) === 0;
    return isOurs ? shared : mkdtemp(join(tmpdir(), 'keyward-docs-'));
  }
}

/** Of the source that makes the docs: any other file is another edition. */
function fingerprint(): string {
  const hash = createHash('sha256');
  for (const name of ['../package.json', ...globSync('**/*.{ts,js,json,css}', { cwd: room })].sort()) {
    const { size, mtimeMs } = statSync(join(room, name));
    hash.update(`${name} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}

function write(folder: string, origin: string): Promise<void> {
  const flags = ['--disable-warning=ExperimentalWarning', join(room, 'main.ts'), 'docs', '--out', folder, '--origin', origin];
  const child = spawn(process.execPath, [...flags, '--links', 'server'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`keyward docs ended with ${code}: ${said}`))));
  });
}

const DAY_MS = 86_400_000;

/** Editions of former sources, and drafts that nobody finished. */
async function removeOld(home: string, kept: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (name.startsWith(kept)) continue;
    const path = join(home, name);
    const age =
      Date.now() -
      (await stat(path)
        .then(({ mtimeMs }) => mtimeMs)
        .catch(() => Date.now()));
    if (age > DAY_MS) await rm(path, { recursive: true, force: true });
  }
}
