/** Why the program ends before (or instead of) serving: one line for the person at the terminal, and the exit code. */

/** Exit codes: 78 is EX_CONFIG of sysexits.h, 75 EX_TEMPFAIL, 1 everything else. */
export type ExitCode = 1 | 75 | 78;

export class CannotStart extends Error {
  readonly exitCode: ExitCode;

  constructor(line: string, exitCode: ExitCode = 1, cause?: unknown) {
    super(line, { cause });
    this.exitCode = exitCode;
  }
}
