/** proto/facts → proto/zitadel → src/contract/gen. The result depends on the facts and scripts/contract alone. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decide } from './decided.ts';
import { loadFacts } from './facts.ts';
import { layOut, type ProtoFile } from './layout.ts';
import { print } from './print.ts';
import { typeWords } from './rpcs/index.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));

/** Writes below `root`, which holds proto/ (what is not generated), buf.yaml, buf.gen.yaml and node_modules. */
export function generateContract(root: string = repository): void {
  const files = loadFacts().map(decide).flatMap(layOut);
  const homes = new Map(files.flatMap((file) => typesOf(file).map((type) => [type, file.path] as const)));
  const unknown = Object.keys(typeWords).filter((type) => !homes.has(type));
  if (unknown.length > 0) throw new Error(`scripts/contract/rpcs has words for what is not in the facts: ${unknown.join(', ')}`);
  rmSync(join(root, 'proto/zitadel'), { recursive: true, force: true });
  for (const file of files) {
    const path = join(root, 'proto', file.path);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      print(file, (type) => homeOf(type, homes)),
    );
  }
  const bin = join(root, 'node_modules/.bin');
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH ?? ''}` };
  execFileSync(join(bin, 'buf'), ['format', '-w', 'proto'], { cwd: root, env, stdio: 'inherit' });
  execFileSync(join(bin, 'buf'), ['generate'], { cwd: root, env, stdio: 'inherit' });
}

/** Generates elsewhere and compares: the files of the repository that are not what generating gives (for `npm run check`). */
export function staleContractFiles(): readonly string[] {
  const root = mkdtempSync(join(tmpdir(), 'keyward-contract-'));
  try {
    for (const name of ['proto', 'buf.yaml', 'buf.gen.yaml']) cpSync(join(repository, name), join(root, name), { recursive: true });
    symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
    generateContract(root);
    return ['proto', 'src/contract/gen'].flatMap((folder) =>
      differences(join(repository, folder), join(root, folder)).map((name) => `${folder}/${name}`),
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function differences(one: string, other: string): readonly string[] {
  const [ours, theirs] = [contents(one), contents(other)];
  return [...new Set([...ours.keys(), ...theirs.keys()])].filter((name) => ours.get(name) !== theirs.get(name)).sort();
}

function contents(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), readFileSync(path, 'utf8')];
    }),
  );
}

function typesOf(file: ProtoFile): readonly string[] {
  const { messages, enums } = file.facts;
  return [...Object.keys(messages), ...Object.keys(enums)]
    .filter((name) => [...file.messages, ...file.enums].includes(name.split('.')[0] ?? ''))
    .map((name) => `${file.facts.package}.${name}`);
}

function homeOf(type: string, homes: ReadonlyMap<string, string>): string {
  const wellKnown = /^google\.protobuf\.(\w+)$/.exec(type)?.[1];
  const home = wellKnown === undefined ? homes.get(type) : `google/protobuf/${wellKnown.toLowerCase()}.proto`;
  if (home === undefined) throw new Error(`the facts do not declare ${type}`);
  return home;
}
