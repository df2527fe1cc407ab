/** TXT records of a name, as the configured name servers tell them, within a limit of time. */
import { NODATA, NOTFOUND, TIMEOUT } from 'node:dns';
import { Resolver } from 'node:dns/promises';

/** Nothing there; no answer in time; an answer that is none (a server that fails or refuses). */
export type TxtTrouble = 'missing' | 'timeout' | 'failed';

export class TxtError extends Error {
  readonly trouble: TxtTrouble;

  constructor(trouble: TxtTrouble, text: string, cause?: unknown) {
    super(text, { cause });
    this.trouble = trouble;
  }
}

/** Waited for each server, and how often they are asked. */
const TIMEOUT_MS = 2000;
const TRIES = 2;
const MOST_MS = 8000;

/** Each record as one text; of a name that has none it fails with TxtError, as for every other reason. */
export async function resolveTxt(name: string, nameServers: readonly string[]): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  if (nameServers.length > 0) resolver.setServers(nameServers);
  const late = setTimeout(() => resolver.cancel(), MOST_MS);
  try {
    const records = await resolver.resolveTxt(name);
    return records.map((parts) => parts.join(''));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code; // what the resolver rejects with
    const trouble = code === NOTFOUND || code === NODATA ? 'missing' : code === TIMEOUT || code === 'ECANCELLED' ? 'timeout' : 'failed';
    throw new TxtError(trouble, `no TXT records of ${name}: ${code}`, error);
  } finally {
    clearTimeout(late);
  }
}
