/**
 * Walks through a guide as a reader does: every block of commands is run, every file written, every answer compared with the one that is shown.
 *
 * A block of `sh` is run. The block of `json` or `text` behind it is what it prints. Behind the language can stand, seen by no reader:
 * `server=name` it goes on until `<!-- stop: name -->`; `exit=1` the code with which it ends; `needs=nginx,openssl` skipped where a program
 * is not there; `as=postgres` where this is root, as the user who runs PostgreSQL. A block with `file=path` is that file.
 * In `export USER_ID=…  # id of the answer` the field `id` of the last JSON is filled in.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { RunAs } from '../../src/store/embedded-binaries.ts';
import { type Block, blocksOf, fits, fitsText } from './shown.ts';
import type { Terminal } from './terminal.ts';

export interface Walk {
  readonly terminal: Terminal;
  /** What stands in the guide, and what stands for it here: ports that are free, a database of the test. */
  readonly instead: readonly (readonly [there: string, here: string])[];
  readonly postgresUser: RunAs | undefined;
}

const docs = join(import.meta.dirname, '../../docs');

/** `missing` says why a program that a block needs is not there. */
export function walk(page: string, missing: (program: string) => string | undefined, begin: () => Promise<Walk>): void {
  const text = readFileSync(join(docs, page), 'utf8');
  describe(`docs/${page}`, () => {
    let begun: Promise<Walk> | undefined; // with the first step that is run, if one is
    after(async () => (await begun)?.terminal.close());
    let broken: number | undefined;
    let answer: unknown;

    for (const step of stepsOf(text)) {
      const { line, name } = step;
      const why = step.needs.map((program) => missing(program)).find((reason) => reason !== undefined);
      it(`line ${line}: ${name}`, { skip: why ?? false }, async () => {
        if (broken !== undefined) assert.fail(`line ${broken} went wrong`);
        broken = line;
        begun ??= begin();
        const { terminal, instead, postgresUser } = await begun;
        const ours = new Map(instead);
        const here = (part: string) => part.replace(anyOf([...ours.keys()]), (there) => ours.get(there) ?? there);
        if (step.kind === 'stop') await terminal.stop(step.name);
        else if (step.kind === 'file') {
          const path = join(terminal.folder, step.path);
          mkdirSync(dirname(path), { recursive: true });
          writeFileSync(path, here(step.code));
        } else {
          const code = filledIn(here(step.code), answer);
          const shown = step.shown && { ...step.shown, code: here(step.shown.code) };
          if (step.server !== undefined) {
            const asShown = (printed: string) => shown === undefined || fitsText(printed, shown.code);
            const printed = await terminal.serve(step.server, code, asShown);
            assert.ok(asShown(printed), `it printed\n${printed}`);
          } else {
            const { stdout, all, code: exit } = await terminal.run(code, step.as === undefined ? undefined : postgresUser);
            assert.equal(exit, step.exit, all);
            if (shown?.language === 'json') answer = compared(stdout, shown.code);
            else if (shown) assert.ok(fitsText(all, shown.code), `it printed\n${all}`);
          }
        }
        broken = undefined;
      });
    }
  });
}

/** The first that fits counts, and what was put there is not looked at again. */
const anyOf = (texts: readonly string[]): RegExp => new RegExp(texts.map((text) => RegExp.escape(text)).join('|'), 'g');

type Step = { readonly line: number; readonly name: string; readonly needs: readonly string[] } & (
  | { readonly kind: 'stop' }
  | { readonly kind: 'file'; readonly path: string; readonly code: string }
  | {
      readonly kind: 'run';
      readonly code: string;
      readonly shown: Block | undefined;
      readonly server: string | undefined;
      readonly as: string | undefined;
      readonly exit: number;
    }
);

/** A block that is none of these is a mistake of the guide: nothing in it goes unproven. */
export function stepsOf(page: string): readonly Step[] {
  const steps: Step[] = [];
  const blocks = blocksOf(page);
  for (const [at, { language, notes, code, line }] of blocks.entries()) {
    const needs = notes.needs?.split(',') ?? [];
    const [first = ''] = code.split('\n');
    const shows = ['json', 'text'].includes(blocks[at + 1]?.language ?? '') && blocks[at + 1]?.notes.file === undefined;
    if (notes.file !== undefined) steps.push({ kind: 'file', path: notes.file, code, line, needs, name: notes.file });
    else if (language === 'sh') {
      const { server, as, exit } = notes;
      const shown = shows ? blocks[at + 1] : undefined;
      steps.push({ kind: 'run', code, line, needs, name: first, shown, server, as, exit: Number(exit ?? 0) });
    } else if (blocks[at - 1]?.language !== 'sh') throw new Error(`line ${line}: this block is neither run nor the answer of one`);
  }
  for (const { index, 1: name = '' } of page.matchAll(/^<!-- stop: (\w+) -->$/gm))
    steps.push({ kind: 'stop', name, line: page.slice(0, index).split('\n').length, needs: [] });
  return steps.sort((one, other) => one.line - other.line);
}

/** Gives the last JSON that was printed. */
function compared(printed: string, shown: string): unknown {
  const [said, want] = [valuesIn(printed), valuesIn(shown)];
  assert.equal(said.length, want.length, printed);
  for (const [at, value] of said.entries()) assert.ok(fits(value, want[at]), `it printed\n${JSON.stringify(value)}`);
  return said.at(-1);
}

/** One JSON value a line, or one over several lines. */
function valuesIn(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    return text
      .trim()
      .replace(/\}\s*\{/g, '}\n{')
      .split('\n')
      .map((line) => JSON.parse(line));
  }
}

function filledIn(code: string, answer: unknown): string {
  return code.replace(/^(export \w+=)…( +# (\w+))/gm, (_, begin: string, end: string, field: string) => {
    const value = fieldIn(answer, field);
    assert.equal(typeof value, 'string', `the answer before has no ${field}`);
    return `${begin}'${value}'${end}`;
  });
}

function fieldIn(value: unknown, field: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const entries = Object.entries(value);
  return (
    entries.find(([name]) => name === field)?.[1] ?? entries.map(([, inner]) => fieldIn(inner, field)).find((found) => found !== undefined)
  );
}
