/** Every RPC that is served is part of the contract and says which door it is, or that it is none (docs/architecture.md, "Doors"). */
export async function checkDoors(): Promise<readonly string[]> {
  // Loaded here, so that a contract that cannot be read is one problem among the others: it throws for a v2 RPC without a door.
  const { services } = await import('../../src/server.ts');
  const { methods } = await import('../../src/contract/contract.ts');
  const { declaredDoor } = await import('../../src/contract/legacy.ts');
  return services
    .flatMap((served) => [...served.keys()])
    .filter((path) => (methods.get(path)?.door ?? declaredDoor(path)) === undefined)
    .map((path) => `${path} is served, but declares no door: src/contract/legacy.ts names those of v1`);
}
