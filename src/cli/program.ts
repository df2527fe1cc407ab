/** The command line: every command with its flags, and how the program ends when something is wrong. */
import cluster from 'node:cluster';
import { Command, InvalidArgumentError, Option } from 'commander';
import { loadConfig, unknownVariables } from '../config/load.ts';
import { type Config, environmentName, flagName, metaOf, type SettingName, settingNames } from '../config/settings.ts';
import { CannotStart } from '../failure/cannot-start.ts';
import { createLog, type Log } from '../log/log.ts';
import { writeDocs } from './docs.ts';
import { addInstance, blockInstance, listInstances, makeOwnerPat } from './instance.ts';
import { migrateDatabase } from './migrate.ts';
import type { Parts } from './ports.ts';
import { ready } from './ready.ts';
import { start, work } from './start.ts';
import { version } from './version.ts';

/** Runs one command to its end. A CannotStart is one line on stderr and its exit code; anything else is a fault of ours and shown whole. */
export async function run(argv: readonly string[], parts: Parts): Promise<void> {
  process.stdout.on('error', () => undefined); // whoever read it has gone
  try {
    await program(parts).parseAsync([...argv]);
  } catch (error) {
    process.stderr.write(
      error instanceof CannotStart ? `keyward: ${error.message}\n` : `keyward: ${error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exit(error instanceof CannotStart ? error.exitCode : 1);
  }
}

function program(parts: Parts): Command {
  const keyward = new Command('keyward')
    .description('Identity server: where the users of an organisation live, log in, and are switched off.')
    .version(version(), '-v, --version')
    .showHelpAfterError('(keyward --help lists the commands)');

  command(keyward, 'start', 'serve; makes the database and the first instance where there is none', (config, log) =>
    cluster.isWorker ? work(config, parts, log) : start(config, parts, log),
  );
  command(keyward, 'migrate', 'bring the schema of the database up to date', migrateDatabase);
  command(keyward, 'ready', 'exit 0 if the server on this machine is ready, else 1', ready);

  keyward
    .command('docs')
    .description('write the API reference as files for any web server')
    .requiredOption('--out <folder>', 'folder, made where it is not there')
    .option('--origin <origin>', 'what the reference speaks to, such as https://auth.example.com')
    .addOption(new Option('--links <kind>').choices(['relative', 'server']).default('relative').hideHelp())
    .action((options) => writeDocs(parts, options));

  const instance = keyward.command('instance').description('manage the instances (tenants) of the database');
  command(
    instance,
    'add',
    'make a further instance with an owner, and print his credentials once',
    (config, log, { name, domain }) => addInstance(config, log, parts.instances, { name: name!, domain: domain! }), // required by commander
  )
    .requiredOption('--name <name>', 'name of the instance')
    .requiredOption('--domain <domain>', 'domain under which clients reach it', domainName);
  command(instance, 'list', 'list the instances', (config, log) => listInstances(config, log, parts.instances));
  command(instance, 'pat', 'print a new personal access token', (config, log, { instance }) =>
    makeOwnerPat(config, log, parts.instances, instance),
  )
    .requiredOption('--owner', 'of an owner of the instance, who is switched on again if he is off')
    .option('--instance <id>', 'which instance, if there are several');
  for (const [step, about] of [
    ['block', 'stop an instance: its hosts lead nowhere, its sessions and tokens are dead for good; nothing is removed'],
    ['unblock', 'let a blocked instance run again'],
  ] as const)
    command(instance, step, about, (config, log, { instance }) => blockInstance(config, log, parts.instances, instance!, step)) // required by commander
      .requiredOption('--instance <id>', 'which instance');
  return keyward;
}

type Options = Readonly<Record<string, string | undefined>>;
type Action = (config: Config, log: Log, options: Options) => Promise<void>;

/** A command with a flag for every setting that is no secret. */
function command(parent: Command, name: string, description: string, action: Action): Command {
  const made = parent.command(name).description(description).option('--config <file>', 'JSON file with settings (KEYWARD_CONFIG)');
  for (const setting of settingNames) {
    const { about, secret } = metaOf(setting);
    if (!secret) made.option(`${flagName(setting)} <value>`, `${about} (${environmentName(setting)})`);
  }
  return made.action(async (options: Options) => {
    const config = loadConfig({ configFile: options.config, environment: process.env, flags: flagsIn(options) });
    const log = createLog(config.logLevel);
    const unknown = unknownVariables(process.env);
    if (unknown.length > 0 && !cluster.isWorker) log.warn({ variables: unknown }, 'unknown variables in the environment');
    await action(config, log, options);
  });
}

/** commander names `--tls-cert-file` tlsCertFile, as the settings do. */
const flagsIn = (options: Options): Partial<Record<SettingName, string>> =>
  Object.fromEntries(settingNames.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])));

function domainName(text: string): string {
  if (/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError('expected a domain name such as id.example.com, without scheme, port or path');
}
