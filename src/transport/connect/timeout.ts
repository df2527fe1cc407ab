/** `connect-timeout-ms`: at most ten digits (Connect protocol, "Timeout"). */
import { Failure } from '../../failure/failure.ts';

/** Milliseconds, or undefined where no timeout was sent. */
export function connectTimeout(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (text.length > 10) throw new Failure({ code: 'invalid_argument', key: `parse timeout: "${text}" has >10 digits` });
  if (!/^\d+$/.test(text)) throw new Failure({ code: 'invalid_argument', key: `parse timeout: "${text}" is no count of milliseconds` });
  return Number(text);
}
