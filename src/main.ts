/** Keyward: the one place where everything is plugged together. */
import { run } from './cli/program.ts';
import * as instances from './instance/operate.ts';
import { startServer } from './server.ts';

await run(process.argv, { startServer, instances });
