/** Stored states of an instance: reached by its hosts; blocked; removed for good. */
export const instanceStates = { running: 1, blocked: 2, removed: 3 } as const;
