/** The first page: how to call, and every call; and the page of one service. */
import { type Entry, type ServiceEntry, versions } from '../catalog.ts';
import { jsonPath } from '../openapi/parameters.ts';
import { code, type Html, html, prose } from './html.ts';
import { badge, type Page } from './layout.ts';
import type { Links, Site } from './links.ts';

export function overview(services: readonly ServiceEntry[], { origin }: Site, links: Links): Page {
  const count = services.reduce((sum, { entries }) => sum + entries.length, 0);
  const deactivate = services.find(({ entries }) => entries.some(({ method }) => method.name === 'DeactivateUser'));
  return {
    path: 'index',
    title: 'Keyward API reference',
    description: `The ${count} calls of the Keyward API as REST, Connect and gRPC.`,
    main: html`<article class="plain">
<h1>API reference</h1>
<p class="lead">Keyward is the place where an organisation’s users live, log in, and are switched off. These are its ${count} calls.</p>
<section aria-labelledby="call"><h2 id="call">How to call</h2>
<p>Everything is served on one port at <code>${origin}</code>, over HTTP/1.1 and HTTP/2. Each call can be made in several ways that do the same:</p>
<dl class="terms">
<div><dt>REST</dt><dd>The route that stands on the page of the call, with JSON. Fields are named in lowerCamelCase; 64-bit integers are strings, times are RFC 3339, bytes are base64. Unknown fields are ignored.</dd></div>
<div><dt>Connect</dt><dd><code>POST /package.Service/Method</code> with the whole message as JSON or protobuf, for v2 and v2 beta.</dd></div>
<div><dt>gRPC, gRPC-Web</dt><dd>The same path; reflection tells the descriptors.</dd></div>
</dl></section>
<section aria-labelledby="token"><h2 id="token">Who calls</h2>
<p>A call carries a token: a personal access token of a machine, an access token of OAuth 2.0, or the token of a session.</p>
<figure class="code"><pre tabindex="0" aria-label="Header" role="region"><code>${code('Authorization: Bearer TOKEN')}</code></pre></figure>
<p>What the caller may do follows from the roles that he holds on the instance, an organization or a project. Each page names the permission. Permission is decided before state: who may not ask learns nothing.</p></section>
<section aria-labelledby="errors"><h2 id="errors">Errors</h2>
<p>A refusal has a status, a text for people, and an id for programs, which says which check it was. Over REST:</p>
<figure class="code"><pre tabindex="0" aria-label="Example error" role="region"><code>${code(JSON.stringify(errorShown, undefined, 2))}</code></pre></figure>
${deactivate !== undefined && html`<p>See it at work: <a href="${links.page(`${deactivate.packageName}/DeactivateUser`)}">Deactivate user</a>.</p>`}</section>
<section aria-labelledby="limits"><h2 id="limits">Limits</h2>
<p>A request may hold ${defaultBody} MiB, and 1000 entries in all its lists together. A page of a list has 1000 entries at most. Who fails too often to log in is answered with 429 for a while; <code>retry-after</code> says how long.</p></section>
<section aria-labelledby="openapi"><h2 id="openapi">For tools</h2>
<p>OpenAPI 3.1: <a href="${links.file('openapi.json')}">all calls in one document</a>; the page of each service links to its own. Descriptors of protobuf, where reflection is not at hand: <a href="${links.file('keyward.protoset')}">keyward.protoset</a>.</p></section>
<section aria-labelledby="all"><h2 id="all">All calls</h2>
<p class="found" role="status" data-found></p>
${versions.map((version) => services.filter((service) => service.version === version).map((service) => part(service, links)))}</section>
</article>`,
  };
}

/** transport/limits.ts */
const defaultBody = 4;

const errorShown = {
  code: 9,
  message: 'User already inactive (COMMAND-5gunjw0cd7)',
  details: [{ '@type': 'type.googleapis.com/zitadel.v1.ErrorDetail', id: 'COMMAND-5gunjw0cd7', message: 'User already inactive' }],
};

function part(service: ServiceEntry, links: Links): Html {
  const { packageName, title, version, entries } = service;
  return html`<section class="service" aria-labelledby="${packageName}" data-service>
<h3 id="${packageName}"><a href="${links.page(packageName)}">${title}</a> <span class="tag">${version}</span></h3>
<ul class="calls">
${entries.map((entry) => line(entry, service, links))}</ul></section>
`;
}

function line({ method, title, routes }: Entry, { packageName }: ServiceEntry, links: Links): Html {
  const [route] = routes;
  const find = `${method.name} ${title} ${packageName} ${routes.map(({ path }) => path).join(' ')}`.toLowerCase();
  return html`<li data-find="${find}"><a href="${links.page(`${packageName}/${method.name}`)}">${title}</a> ${badge(route?.verb ?? 'RPC')} <code>${route === undefined ? method.path : jsonPath(route, method.rpc.input)}</code></li>
`;
}

export function servicePage(service: ServiceEntry, links: Links): Page {
  const { packageName, typeName, title, version, about, entries } = service;
  return {
    path: packageName,
    title: `${title} ${version} · Keyward`,
    description: about,
    service,
    main: html`<article class="plain">
<p class="where"><a href="${links.page('index')}">API reference</a> <span class="tag">${version}</span></p>
<h1>${title}</h1>
<p class="lead">${about}</p>
<p><code>${typeName}</code> · <a href="${links.file(`openapi/${typeName}.json`)}">OpenAPI 3.1</a></p>
<dl class="summaries">
${entries.map(
  ({
    method,
    title,
    summary,
    routes: [route],
  }) => html`<div><dt><a href="${links.page(`${packageName}/${method.name}`)}">${title}</a> ${badge(route?.verb ?? 'RPC')}</dt>
<dd>${prose(summary)}</dd></div>
`,
)}</dl>
</article>`,
  };
}
