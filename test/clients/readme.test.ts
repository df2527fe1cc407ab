/** The README does what it says: its calls are run as they are printed, their answers held against those shown; its names and links are real. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import packageJson from '../../package.json' with { type: 'json' };
import { environmentName, settingNames } from '../../src/config/settings.ts';
import { blocksOf, formOf } from '../docs/shown.ts';
import { startKeyward } from './keyward.ts';
import { readmeFile } from './served.ts';

const root = dirname(readmeFile);
const readme = readFileSync(readmeFile, 'utf8');
const blocks = blocksOf(readme);

/** Those with the call. The answer of each is the JSON that follows it, else the first one. */
const calls = blocks.flatMap((block, i) => {
  const isCall = block.language === 'js' || block.code.startsWith('curl ');
  const shown = blocks[i + 1]?.language === 'json' ? blocks[i + 1] : blocks.find(({ language }) => language === 'json');
  return isCall ? [{ ...block, shown: shown?.code ?? '' }] : [];
});

describe('a call of the README', async () => {
  const keyward = await startKeyward();
  let last = '';
  for (const { language, code, line, shown } of calls)
    it(`line ${line}, ${language}, prints what is shown`, async () => {
      // What the README says between the calls: the second one is of the same user, the others find him active.
      const USER_ID = shown.includes('already') ? last : await keyward.newUser();
      last = USER_ID;
      const [program, ...args] = language === 'js' ? [process.execPath, '--input-type=module'] : ['bash', '-e'];
      const printed = await run(program!, args, code, { URL: keyward.url, PAT: keyward.owner, USER_ID });
      assert.equal(JSON.stringify(formOf(JSON.parse(printed))), JSON.stringify(formOf(JSON.parse(shown))), printed);
    });
});

describe('the README', () => {
  it('has the calls that are run here', () =>
    assert.deepEqual(calls.map(({ language }) => language).sort(), [...Array(5).fill('js'), ...Array(3).fill('sh')]));

  it('sets the variables that its calls use', () => {
    const set = [...readme.matchAll(/^export (\w+)=/gm)].map(([, name]) => name);
    const used = calls.flatMap(({ code }) => [...code.matchAll(/(?:\$|process\.env\.)([A-Z_]+)/g)].map(([, name]) => name));
    assert.deepEqual([...new Set(used)].sort(), set.sort());
  });

  it('links to files that are there', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = '']) => link);
    assert.deepEqual(
      links.filter((link) => !existsSync(join(root, link))),
      [],
    );
  });

  it('names scripts and settings that there are', () => {
    const scripts = [...readme.matchAll(/\bnpm (?:run )?([a-z:]+)/g)].map(([, name = '']) => name).filter((name) => name !== 'ci');
    assert.deepEqual(
      scripts.filter((name) => !(name in packageJson.scripts)),
      [],
    );
    const variables = [...readme.matchAll(/\bKEYWARD_[A-Z_]+/g)].map(([name]) => name);
    assert.deepEqual(
      variables.filter((name) => !settingNames.map(environmentName).includes(name)),
      [],
    );
  });
});

/** Gives what it wrote to stdout; fails with what it wrote to stderr. */
async function run(
  program: string,
  args: readonly string[],
  script: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const child = spawn(program, args, { cwd: root, env: { ...process.env, ...environment } });
  child.stdin.end(script);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, said, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  assert.equal(code, 0, said);
  return out;
}
