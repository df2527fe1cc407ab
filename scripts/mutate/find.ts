/** What can be taken out of the SQL templates of src: conditions on the tenant, the guard, and that joined rows are of one tenant. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `tenant`: a condition holds a row against the instance of the call. `guard`: the caller is checked anew. `join`: two rows are of one instance. */
export type Kind = 'tenant' | 'guard' | 'join';

export interface Mutation {
  readonly kind: Kind;
  /** From the root of the repository. */
  readonly file: string;
  /** Of the first character, from 1. */
  readonly line: number;
  /** What is taken out. */
  readonly text: string;
  /** The statement around it, in one line: by it a person finds the place again. */
  readonly context: string;
  readonly source: string;
  readonly start: number;
}

const FORMS: Readonly<Record<Kind, { readonly pattern: RegExp; readonly instead: string }>> = {
  tenant: { pattern: /(?:\b\w+\.)?\binstance_id = \$\{[^{}]*\}/g, instead: 'true' },
  guard: { pattern: /with caller as \(\$\{caller\}\)/g, instead: 'with caller as (select true as held)' },
  join: { pattern: /\b\w+\.instance_id = \w+\.instance_id\b/g, instead: 'true' },
};

export function findMutations(root: string): readonly Mutation[] {
  const files = globSync('src/**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.test.ts'));
  return files.sort().flatMap((file) => {
    const source = readFileSync(join(root, file), 'utf8');
    return (Object.keys(FORMS) as Kind[]).flatMap((kind) =>
      [...source.matchAll(FORMS[kind].pattern)]
        .filter(({ index }) => !isComment(source, index))
        .map(({ index, 0: text }) => {
          const line = source.slice(0, index).split('\n').length;
          const around = source.slice(Math.max(0, index - 60), index + text.length + 60);
          return { kind, file, line, text, context: around.replace(/\s+/g, ' '), source, start: index };
        }),
    );
  });
}

/** The source without it. */
export function mutated({ kind, source, start, text }: Mutation): string {
  return source.slice(0, start) + FORMS[kind].instead + source.slice(start + text.length);
}

function isComment(source: string, index: number): boolean {
  return /^\s*(\*|\/\/|\/\*)/.test(source.slice(source.lastIndexOf('\n', index) + 1));
}
