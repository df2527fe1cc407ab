/** How each language's sample is run, and whether this machine can. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after } from 'node:test';
import type { SampleId } from '../../src/docs/samples/index.ts';

const place = mkdtempSync(join(tmpdir(), 'keyward-samples-'));
after(() => rmSync(place, { recursive: true, force: true }));
// Where the samples of JavaScript find their packages.
symlinkSync(join(import.meta.dirname, '../../node_modules'), join(place, 'node_modules'));

type Command = readonly [program: string, ...args: string[]];

interface Runtime {
  /** As its first line calls it. */
  readonly file: string;
  readonly run: Command;
  /** Once for each sample, where its language would compile it at each run. */
  readonly compile?: Command;
  /** Ends with 0 where the language is there. */
  readonly probe: Command;
  readonly missing: string;
}

const node: Command = [process.execPath, 'sample.mjs'];

export const runtimes: Readonly<Record<SampleId, Runtime>> = {
  curl: {
    file: 'sample.sh',
    run: ['sh', 'sample.sh'],
    probe: ['sh', '-c', 'curl --help all | grep -q fail-with-body'],
    missing: 'no curl of 7.76 or newer',
  },
  python: { file: 'sample.py', run: ['python3', 'sample.py'], probe: ['python3', '--version'], missing: 'no Python 3' },
  go: {
    file: 'sample.go',
    run: ['./sample'],
    compile: ['go', 'build', '-o', 'sample', 'sample.go'],
    probe: ['go', 'version'],
    missing: 'no Go',
  },
  node: { file: 'sample.mjs', run: node, probe: [process.execPath, '--version'], missing: 'no Node.js' },
  ruby: { file: 'sample.rb', run: ['ruby', 'sample.rb'], probe: ['ruby', '-rnet/http', '-rjson', '-e', ''], missing: 'no Ruby' },
  csharp: {
    file: 'sample.cs',
    run: ['dotnet', 'run', 'sample.cs'],
    probe: ['sh', '-c', 'dotnet --version | grep -qE "^[1-9][0-9]\\."'],
    missing: 'no .NET SDK of 10 or newer',
  },
  php: {
    file: 'sample.php',
    run: ['php', 'sample.php'],
    probe: ['php', '-r', 'exit(extension_loaded("curl") ? 0 : 1);'],
    missing: 'no PHP with its curl extension',
  },
  java: {
    file: 'Sample.java',
    run: ['java', '-XX:TieredStopAtLevel=1', '-cp', '.', 'Sample'],
    compile: ['javac', '-J-XX:TieredStopAtLevel=1', 'Sample.java'],
    probe: ['sh', '-c', 'javac -version 2>&1 | grep -qE "javac (1[7-9]|[2-9][0-9])"'],
    missing: 'no JDK of 17 or newer',
  },
  powershell: { file: 'sample.ps1', run: ['pwsh', '-NoProfile', 'sample.ps1'], probe: ['pwsh', '--version'], missing: 'no PowerShell 7' },
  grpcurl: { file: 'sample.sh', run: ['sh', 'sample.sh'], probe: ['grpcurl', '--version'], missing: 'no grpcurl' },
  'zitadel-client': { file: 'sample.mjs', run: node, probe: [process.execPath, '--version'], missing: 'no Node.js' },
};

/** They print no status of HTTP. */
export const overGrpc: ReadonlySet<SampleId> = new Set(['grpcurl', 'zitadel-client']);

export interface Ran {
  readonly exit: number | null;
  readonly out: string;
  readonly said: string;
}

/** Why it cannot be run here; undefined where it can. */
export async function missing(id: SampleId): Promise<string | undefined> {
  const { exit } = await run(runtimes[id].probe, tmpdir()).catch(() => ({ exit: 1 }));
  return exit === 0 ? undefined : runtimes[id].missing;
}

/** Writes the samples of one language, compiles them where it must, and gives the way to run each with a token. */
export async function prepared<Name extends string>(
  id: SampleId,
  sources: Readonly<Record<Name, string>>,
): Promise<(name: Name, token: string) => Promise<Ran>> {
  const { file, run: command, compile } = runtimes[id];
  const folder = join(place, id);
  for (const [name, source] of Object.entries<string>(sources)) {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, file), source);
    if (compile === undefined) continue;
    const { exit, said } = await run(compile, join(folder, name));
    if (exit !== 0) throw new Error(`${compile.join(' ')}: ${said}\n${source}`);
  }
  return (name, token) => run(command, join(folder, name), { TOKEN: token });
}

async function run([program, ...args]: Command, cwd: string, environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject));
  const [exit, out, said] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { exit, out, said };
}
