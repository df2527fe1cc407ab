/** The thread in which passwords are hashed and compared, one at a time. */
import { platform, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { newHash } from './argon2.ts';
import { readHash } from './formats.ts';
import type { Outcome, Work } from './work.ts';

/** Steps aside for the event loop and the database, and still gets its third of a core that is full. */
const NICE = 5;

// On Linux this is the priority of the calling thread (sched(7)), elsewhere that of the whole process.
if (platform() === 'linux') {
  try {
    setPriority(0, NICE);
  } catch {
    // A sandbox that forbids it: then they run as everything else.
  }
}

parentPort?.on('message', (work: Work) => parentPort?.postMessage(outcomeOf(work)));

function outcomeOf(work: Work): Outcome {
  const began = performance.now();
  try {
    const value = work.kind === 'hash' ? newHash(work.password) : compare(work.encoded, work.password);
    return { value, took: performance.now() - began };
  } catch (error) {
    return { error: String(error), took: performance.now() - began };
  }
}

function compare(encoded: string, password: string): boolean {
  const found = readHash(encoded);
  if (!found) throw new Error('a hash of no known format');
  return found.stored.fits(password);
}
