/** What all pages share: head, header with search, navigation. */
import { type ServiceEntry, type Version, versions } from '../catalog.ts';
import { Html, html } from './html.ts';
import type { Links, PagePath, Site } from './links.ts';

export interface Page {
  readonly path: PagePath;
  readonly title: string;
  readonly description: string;
  readonly main: Html;
  /** The service to which the page belongs, and its RPC. */
  readonly service?: ServiceEntry;
  readonly rpc?: string;
}

const versionTitles: Readonly<Record<Version, string>> = { v2: 'v2', v1: 'v1', v2beta: 'v2 beta' };

export function layout(page: Page, services: readonly ServiceEntry[], site: Site, links: Links): string {
  const { title, description, main, path } = page;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${description}">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${links.file('assets/docs.css')}">
<script type="module" src="${links.file('assets/docs.js')}"></script>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="top">
<button class="menu" type="button" popovertarget="nav">Menu</button>
<a class="brand" href="${links.page('index')}">Keyward<span> API reference</span></a>
<form class="search" role="search" action="${links.page('index')}"${path === 'index' ? html` data-live` : ''}>
<label class="hidden" for="q">Find a call</label>
<input id="q" name="q" type="search" placeholder="Find a call" autocomplete="off" spellcheck="false">
</form>
<span class="version">${site.version}</span>
</header>
<nav id="nav" class="nav" aria-label="Calls" popover>
${versions.map((version) => group(version, services, page, links))}
</nav>
<main id="main" tabindex="-1">
${main}
</main>
</body>
</html>
`.text;
}

function group(version: Version, services: readonly ServiceEntry[], page: Page, links: Links): Html {
  return html`<h2>${versionTitles[version]}</h2>
<ul>
${services.filter((service) => service.version === version).map((service) => item(service, page, links))}
</ul>
`;
}

function item(service: ServiceEntry, page: Page, links: Links): Html {
  const isHere = page.service === service;
  const current = isHere && page.rpc === undefined ? html` aria-current="page"` : '';
  const calls = isHere
    ? html`
<ul>
${service.entries.map(({ method: { name }, title }) => {
  const here = name === page.rpc ? html` aria-current="page"` : '';
  return html`<li><a href="${links.page(`${service.packageName}/${name}`)}"${here}>${title}</a></li>
`;
})}</ul>`
    : '';
  return html`<li${isHere ? html` class="open"` : ''}><a href="${links.page(service.packageName)}"${current}>${service.title}</a>${calls}</li>
`;
}

/** A verb as badge, or what takes its place where there is no REST route. */
export const badge = (verb: string): Html => new Html(`<span class="verb ${verb.toLowerCase()}">${verb}</span>`);
