/** Puts the layers together: defaults ← file ← environment ← flags. Every mistake is found in one go. */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { rsaPublicKey } from '../crypto/public-key.ts';
import { CannotStart } from '../failure/cannot-start.ts';
import { parseDatabaseUrl } from './database-url.ts';
import { keyFromText } from './kinds.ts';
import { type Config, environmentName, flagName, metaOf, type SettingName, settingNames, settings } from './settings.ts';
import { systemKeyPem } from './system-key.ts';

export interface Layers {
  /** Path from `--config`; else KEYWARD_CONFIG of the environment. */
  readonly configFile?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly flags: Readonly<Partial<Record<SettingName, string>>>;
}

export interface Mistake {
  /** Under the name by which it was given: `KEYWARD_PORT`, `--port`, `port (in keyward.json)`. */
  readonly name: string;
  readonly given: string;
  readonly expected: string;
}

/** The configuration, or all that is wrong with it: a CannotStart with exit code 78. */
export function loadConfig(layers: Layers): Config {
  const { config, mistakes } = readConfig(layers);
  if (config === undefined) throw new CannotStart(mistakeLines(mistakes), 78);
  return config;
}

/** Names that start like ours but are none of ours. Not a mistake (Kubernetes adds KEYWARD_SERVICE_HOST and the like), but worth a warning. */
export function unknownVariables(environment: Layers['environment']): string[] {
  const known = new Set(['KEYWARD_CONFIG', ...settingNames.map(environmentName)]);
  return Object.keys(environment).filter((name) => name.startsWith('KEYWARD_') && !name.startsWith('KEYWARD_TEST_') && !known.has(name));
}

export function readConfig(layers: Layers): { readonly config: Config | undefined; readonly mistakes: readonly Mistake[] } {
  const mistakes: Mistake[] = [];
  const file = readFile(layers.configFile ?? layers.environment.KEYWARD_CONFIG, mistakes);
  const values: Partial<Record<SettingName, unknown>> = {};
  const givenAs: Partial<Record<SettingName, string>> = {};

  for (const name of settingNames) {
    const given = lookUp(name, layers, file);
    givenAs[name] = given.name;
    const parsed = settings.shape[name].safeParse(given.value);
    if (parsed.success) values[name] = parsed.data;
    else mistakes.push({ name: given.name, given: shown(name, given.value), expected: metaOf(name).expected });
  }

  const draft = values as Partial<Config>; // each value comes from its own schema
  for (const rule of rules) {
    for (const [name, expected] of rule(draft)) mistakes.push({ name: givenAs[name]!, given: shown(name, values[name]), expected });
  }
  if (mistakes.length > 0) return { config: undefined, mistakes };

  const complete = draft as Config; // no mistake: every schema gave its value
  return {
    config: {
      ...complete,
      masterkey: complete.masterkeyFile === undefined ? complete.masterkey : keyOf(complete.masterkeyFile),
      dataDir: resolve(complete.dataDir),
      host: [...new Set(complete.host.flatMap((host) => (host === 'localhost' ? ['127.0.0.1', '::1'] : [host])))],
      externalPort: complete.externalPort ?? complete.port,
      externalSecure: complete.externalSecure ?? complete.tlsCertFile !== undefined,
    },
    mistakes,
  };
}

export const mistakeLines = (mistakes: readonly Mistake[]): string =>
  [
    `${mistakes.length === 1 ? 'One setting is' : `${mistakes.length} settings are`} wrong:`,
    ...mistakes.map(({ name, given, expected }) => `  ${name}: given ${given}, expected ${expected}`),
  ].join('\n');

interface File {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
}

function readFile(path: string | undefined, mistakes: Mistake[]): File | undefined {
  if (path === undefined || path === '') return undefined;
  let values: unknown;
  try {
    values = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    mistakes.push({ name: 'KEYWARD_CONFIG', given: path, expected: `a readable JSON file (${reasonOf(error)})` });
    return undefined;
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    mistakes.push({ name: 'KEYWARD_CONFIG', given: path, expected: 'a JSON object such as {"port": 8080}' });
    return undefined;
  }
  for (const name of Object.keys(values)) {
    if (name in settings.shape) continue;
    mistakes.push({ name: `${name} (in ${path})`, given: 'an unknown name', expected: `one of ${settingNames.join(', ')}` });
  }
  return { path, values: values as Record<string, unknown> }; // any object is such a record
}

/** The highest layer that names the setting; an empty variable counts as not set, as compose files and shells leave them. */
function lookUp(name: SettingName, layers: Layers, file: File | undefined): { name: string; value: unknown } {
  const flag = layers.flags[name];
  if (flag !== undefined) return { name: flagName(name), value: flag };
  const variable = layers.environment[environmentName(name)];
  if (variable !== undefined && variable !== '') return { name: environmentName(name), value: variable };
  if (file !== undefined && Object.hasOwn(file.values, name)) return { name: `${name} (in ${file.path})`, value: file.values[name] };
  return { name: environmentName(name), value: undefined };
}

function shown(name: SettingName, value: unknown): string {
  if (name === 'databaseUrl' && typeof value === 'string') return withoutPassword(value);
  if (metaOf(name).secret && value !== undefined) {
    const bytes = keyFromText(value);
    return Buffer.isBuffer(bytes) ? `${bytes.length} bytes (not shown)` : 'a value (not shown)';
  }
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

/** A URL whose password cannot be told apart for certain is not shown at all. */
const withoutPassword = (url: string): string => {
  const parts = /^(postgres(?:ql)?:\/\/[^:@/?#]*)(?::[^@]*)?(@[^@]*)?$/.exec(url);
  return parts === null || /password=/i.test(url)
    ? 'a value (not shown)'
    : JSON.stringify(`${parts[1]}${parts[2] === undefined ? '' : ':***'}${parts[2] ?? ''}`);
};

/** What no single setting can tell. Each gives the settings at fault with what is expected of them. */
const rules: readonly ((config: Partial<Config>) => readonly (readonly [SettingName, string])[])[] = [
  ({ databaseUrl }) => {
    const problem = databaseUrl === undefined ? undefined : parseDatabaseUrl(databaseUrl).problem;
    return problem === undefined ? [] : [['databaseUrl', problem]];
  },
  ({ masterkey, masterkeyFile }) =>
    masterkey !== undefined && masterkeyFile !== undefined
      ? [['masterkeyFile', 'only one of KEYWARD_MASTERKEY and KEYWARD_MASTERKEY_FILE']]
      : [],
  ({ masterkeyFile }) => {
    if (masterkeyFile === undefined) return [];
    const bytes = attempt(() => keyOf(masterkeyFile));
    if (bytes instanceof Error) return [['masterkeyFile', `a readable file (${reasonOf(bytes)})`]];
    return bytes.length === 32 ? [] : [['masterkeyFile', `a file of exactly 32 bytes (it has ${bytes.length})`]];
  },
  ({ tlsCertFile, tlsKeyFile }) => {
    if (tlsCertFile !== undefined && tlsKeyFile === undefined) return [['tlsKeyFile', 'the key that belongs to KEYWARD_TLS_CERT_FILE']];
    if (tlsCertFile === undefined && tlsKeyFile !== undefined)
      return [['tlsCertFile', 'the certificate that belongs to KEYWARD_TLS_KEY_FILE']];
    return [];
  },
  ({ tlsCertFile, tlsKeyFile }) => {
    if (tlsCertFile === undefined || tlsKeyFile === undefined) return [];
    const certificate = attempt(() => new X509Certificate(readFileSync(tlsCertFile)));
    const privateKey = attempt(() => createPrivateKey(readFileSync(tlsKeyFile)));
    if (certificate instanceof Error) return [['tlsCertFile', `a PEM file with a certificate (${reasonOf(certificate)})`]];
    if (privateKey instanceof Error) return [['tlsKeyFile', `a PEM file with an unencrypted private key (${reasonOf(privateKey)})`]];
    return certificate.checkPrivateKey(privateKey) ? [] : [['tlsKeyFile', 'the key that belongs to KEYWARD_TLS_CERT_FILE']];
  },
  ({ systemUsers = {} }) =>
    Object.entries(systemUsers).flatMap(([name, user]) => {
      const key = attempt(() => rsaPublicKey(systemKeyPem(user)));
      return key instanceof Error
        ? [['systemUsers', `for ${JSON.stringify(name)} a public RSA key in PEM (${reasonOf(key)})`] as const]
        : [];
    }),
  ({ smtpUrl }) => {
    const found = smtpUrl?.caFile === undefined ? undefined : attempt(() => new X509Certificate(readFileSync(smtpUrl.caFile ?? '')));
    return found instanceof Error ? [['smtpUrl', `as \`ca\` a PEM file with a certificate (${reasonOf(found)})`]] : [];
  },
  ({ dataDir }) => {
    const found = dataDir === undefined ? undefined : attempt(() => statSync(dataDir));
    return found !== undefined && !(found instanceof Error) && !found.isDirectory() ? [['dataDir', 'a folder']] : [];
  },
];

// a key file is read as bytes: it need not be text
const keyOf = (file: string): Buffer => keyFromText(readFileSync(file)) as Buffer;

function attempt<T>(work: () => T): T | Error {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code; // present on errors of the file system
  return code === 'ENOENT'
    ? 'there is none'
    : code === 'EACCES'
      ? 'no permission'
      : code === 'EISDIR'
        ? 'it is a folder'
        : error.message.split('\n')[0]!;
};
