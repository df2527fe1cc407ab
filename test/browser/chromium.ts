/** A headless Chromium from npm: unpacked for one test file, with the system libraries that come with it, and shut off from the network. */
import { spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync, createBrotliDecompress } from 'node:zlib';
import { type Browser, chromium } from 'playwright-core';

/** Why there is none on this machine; undefined where there is. KEYWARD_TEST_CHROMIUM names another one than that from npm. */
export const noChromium =
  process.env.KEYWARD_TEST_CHROMIUM !== undefined || (process.platform === 'linux' && process.arch === 'x64')
    ? undefined
    : `@sparticuz/chromium is built for linux-x64 alone, this is ${process.platform}-${process.arch}: set KEYWARD_TEST_CHROMIUM to the path of a Chromium`;

/** Ended with the tests of this file. Web security stays on: what a page may read is what the browser of a person lets it read. */
export async function startChromium(): Promise<Browser> {
  const { executablePath, libraries } = await unpack();
  const browser = await chromium.launch({ executablePath, chromiumSandbox: false, args, env: { ...process.env, ...libraries } });
  after(() => browser.close());
  return browser;
}

const args = [
  '--disable-gpu',
  '--no-zygote',
  '--disable-background-networking',
  '--disable-component-update',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
];

interface Unpacked {
  readonly executablePath: string;
  readonly libraries: { readonly LD_LIBRARY_PATH?: string };
}

/**
 * By hand: the package's own way leaves its files in the folder for temporary ones for good, and takes the libraries (NSS and what it needs,
 * which a bare machine lacks) along only where it believes to be in a cloud function.
 */
async function unpack(): Promise<Unpacked> {
  if (process.env.KEYWARD_TEST_CHROMIUM !== undefined) return { executablePath: process.env.KEYWARD_TEST_CHROMIUM, libraries: {} };
  const packed = fileURLToPath(new URL('../../bin', import.meta.resolve('@sparticuz/chromium')));
  const folder = await mkdtemp(join(tmpdir(), 'keyward-chromium-'));
  after(() => rm(folder, { recursive: true, force: true }));
  const executablePath = join(folder, 'chromium');
  await pipeline(
    createReadStream(join(packed, 'chromium.br')),
    createBrotliDecompress(),
    createWriteStream(executablePath, { mode: 0o755 }),
  );
  const libraries = brotliDecompressSync(await readFile(join(packed, 'al2023.tar.br')));
  const tar = spawnSync('tar', ['-x', '-C', folder], { input: libraries, stdio: ['pipe', 'ignore', 'inherit'] });
  if (tar.status !== 0) throw new Error('tar does not unpack the libraries of Chromium', { cause: tar.error });
  return { executablePath, libraries: { LD_LIBRARY_PATH: join(folder, 'lib') } };
}
