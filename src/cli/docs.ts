/** `keyward docs`: the API reference as files. */
import { CannotStart } from '../failure/cannot-start.ts';
import type { Parts } from './ports.ts';
import { version } from './version.ts';

interface Options {
  readonly out: string;
  readonly origin?: string;
  /** For our own server, which serves the files below `/docs`, or beside one another. */
  readonly links: 'relative' | 'server';
}

export async function writeDocs(parts: Parts, { out, origin, links }: Options): Promise<void> {
  if (origin !== undefined && URL.parse(origin)?.origin !== origin)
    throw new CannotStart(`--origin: expected an origin such as https://auth.example.com, got ${origin}`);
  const site = { kind: links, origin: origin ?? 'https://$CUSTOM-DOMAIN', isCallable: origin !== undefined, version: version() };
  const files = await parts.writeDocs(out, site);
  process.stdout.write(`${files} files are written to ${out}.\n`);
}
