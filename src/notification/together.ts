/**
 * Gathers work that would cost as much for many as for one: `work` gets an item at once, and whatever came while it was busy together,
 * as soon as it has ended. Each caller hears how the round of his item ended.
 */
export function together<T, R>(work: (items: readonly T[]) => Promise<R>): (item: T) => Promise<R> {
  let waiting: T[] = [];
  let next: Promise<R> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  return (item) => {
    waiting.push(item);
    next ??= last.then(() => {
      const items = waiting;
      waiting = [];
      next = undefined;
      const round = work(items);
      last = round.catch(() => undefined);
      return round;
    });
    return next;
  };
}
