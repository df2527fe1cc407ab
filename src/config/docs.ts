/** Writes docs/configuration.md from the settings; scripts/generate.ts calls it, and `npm run check` compares. */
import { environmentName, flagName, metaOf, settingNames } from './settings.ts';

export function configurationDocs(): string {
  const rows = settingNames.map((name) => {
    const { about, expected, secret, shownDefault } = metaOf(name);
    return `| \`${environmentName(name)}\` | ${secret ? '—' : `\`${flagName(name)}\``} | \`${name}\` | ${expected} | ${shownDefault} | ${about} |`;
  });
  return `# Configuration

Generated from \`src/config/settings.ts\` by \`npm run generate\`; do not edit.

Keyward starts without any setting. A setting can be given in three places; the later wins:

1. a JSON file, named by \`--config\` or \`KEYWARD_CONFIG\`: \`{"port": 8080, "trustedProxies": ["10.0.0.0/8"]}\`
2. the environment: \`KEYWARD_PORT=8080\`
3. a flag of \`start\`, \`migrate\`, \`ready\` and \`instance …\`: \`--port 8080\`. Secrets have none: a command line is readable by everyone on the machine.

Lists are separated by commas in the environment and in flags. An empty variable counts as not set.
If anything is wrong, every mistake is listed (name, given, expected) and the exit code is 78.

| Variable | Flag | In the file | Expected | Default | What it is for |
|---|---|---|---|---|---|
${rows.join('\n')}

## TLS to the database

\`KEYWARD_DATABASE_URL\` takes these options in its query, with the meaning that libpq gives them:
\`sslmode\` (\`disable\`, \`allow\`, \`prefer\` (default), \`require\`, \`verify-ca\`, \`verify-full\`; \`allow\` is treated as \`prefer\`), \`sslrootcert\` (a PEM file, or \`system\`), \`sslcert\` and \`sslkey\` (PEM files),
\`host\`, \`port\`, \`user\`, \`password\`, \`dbname\`, \`connect_timeout\`, \`application_name\`, \`target_session_attrs\`.
Over an untrusted network use \`verify-full\`: the modes below it do not tell the database from an impostor.
`;
}
