/** Calls that succeed only after another one do so over every protocol, in v2, v2beta and v1. */
import { test } from 'node:test';
import { methodFor, protocolsOf } from '../support/methods.ts';
import { flows, newWorld } from './flows.ts';

const world = await newWorld();
const admin = { token: world.setting.cluster.adminPat };

for (const { path, rpc, play } of flows)
  for (const protocol of protocolsOf(await methodFor(rpc)))
    test(`${path} succeeds over ${protocol}`, () => play(world, { ...admin, protocol }));
