/**
 * Writes the docs into a folder: pages, assets, OpenAPI documents, descriptors. For any web server with links beside one another, or for our own, which fills
 * its origin in when it serves them (endpoints.ts). It reads all descriptors, so it runs in a process of its own.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { catalog } from './catalog.ts';
import { answeredBy, openApi } from './openapi/document.ts';
import { layout, type Page } from './page/layout.ts';
import { Links, type Site } from './page/links.ts';
import { overview, servicePage } from './page/overview.ts';
import { rpcPage } from './page/rpc.ts';
import { protoset } from './protoset.ts';

export async function writeDocs(folder: string, isServed: (path: string) => boolean, site: Site): Promise<number> {
  const services = await catalog(isServed);
  let written = 0;
  const write = (name: string, content: string | Uint8Array): void => {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    written += 1;
  };

  const answered = answeredBy(services);
  write('openapi.json', JSON.stringify(openApi(services, answered, site)));
  for (const service of services) write(`openapi/${service.typeName}.json`, JSON.stringify(openApi([service], answered, site)));
  write('keyward.protoset', protoset(services.flatMap(({ entries }) => entries.map(({ method }) => method.rpc.parent))));

  const add = (page: Page, links: Links): void => write(`${page.path}.html`, layout(page, services, site, links));
  const atTop = new Links(site, 'index');
  add(overview(services, site, atTop), atTop);
  for (const service of services) {
    add(servicePage(service, atTop), atTop);
    const below = new Links(site, `${service.packageName}/`);
    for (const entry of service.entries) add(rpcPage(entry, service, site, below), below);
  }

  write('assets/docs.css', asset('docs.css'));
  write('assets/docs.js', stripTypeScriptTypes(asset('client.ts')));
  return written;
}

const asset = (name: string): string => readFileSync(join(import.meta.dirname, 'page', name), 'utf8');
