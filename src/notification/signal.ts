/**
 * Tells the delivery of this process that messages lie in the outbox, so that they need not wait for its next look. Nothing rests on it:
 * other nodes, and one that was killed in between, look for themselves.
 */

type Listener = (instanceId: string) => void;

const listeners = new Set<Listener>();

/** Called after the commit. */
export function posted(instanceId: string): void {
  for (const listener of listeners) listener(instanceId);
}

/** Gives the way to hear no more. */
export function onPosted(listener: Listener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
