/** Helper processes of the bench: one question at a time, answered over the channel that Node gives to a forked child. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

type Answer<A> = { readonly answer: A } | { readonly error: string };

/** A child that runs one of the files of this folder. */
export class Helper<Question extends object, A> {
  readonly #child: ChildProcess;

  constructor(file: string) {
    this.#child = fork(join(import.meta.dirname, file), { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  ask(question: Question): Promise<A> {
    return new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error('a helper of the bench ended before it answered'));
      this.#child.once('exit', ended);
      this.#child.once('message', (message) => {
        this.#child.off('exit', ended);
        const said = message as Answer<A>; // as `serve` sends it
        if ('error' in said) reject(new Error(said.error));
        else resolve(said.answer);
      });
      this.#child.send(question);
    });
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await exit;
  }
}

/** Answers what the bench asks; to be called by the file that a Helper runs. */
export function serve<Question, A>(work: (question: Question) => Promise<A>): void {
  process.on('message', (question: Question) => {
    work(question).then(
      (answer) => process.send?.({ answer }),
      (error: unknown) => process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.on('disconnect', () => process.exit(0));
}
