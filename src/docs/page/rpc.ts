/** The page of one RPC. */
import type { DescMessage } from '@bufbuild/protobuf';
import { twinPath } from '../../contract/beta/twin-path.ts';
import { codes } from '../../failure/failure.ts';
import type { Entry, ServiceEntry } from '../catalog.ts';
import { errorBody, type KnownError } from '../errors.ts';
import { exampleAnswer, exampleRequest } from '../example.ts';
import { otherwise, sampleCall, statuses } from '../openapi/operation.ts';
import { headersOf, queryFields, variablesOf } from '../openapi/parameters.ts';
import { isRequired } from '../openapi/schema.ts';
import type { SampleCall } from '../samples/call.ts';
import { samples } from '../samples/index.ts';
import { fieldText } from '../text/fields.ts';
import { fieldList } from './fields.ts';
import { breakable, code, type Html, html, prose } from './html.ts';
import { badge, type Page } from './layout.ts';
import type { Links, Site } from './links.ts';

export function rpcPage(entry: Entry, service: ServiceEntry, site: Site, links: Links): Page {
  const { method, title, summary, text, permission, errors } = entry;
  const call = sampleCall(entry, entry.routes[0], site.origin);
  const rest = text.slice(summary.length).trim();
  /** Names of other calls of the service lead to them. */
  const linked = (words: string): Html[] =>
    words.split(/\b([A-Z][a-z]+[A-Z]\w+)\b/).flatMap((part, i) => {
      const isCall = i % 2 === 1 && part !== method.name && service.entries.some((other) => other.method.name === part);
      return isCall ? [html`<a href="${links.page(`${service.packageName}/${part}`)}">${part}</a>`] : prose(part);
    });
  return {
    path: `${service.packageName}/${method.name}`,
    title: `${title} · ${service.title} ${service.version} · Keyward`,
    description: summary,
    service,
    rpc: method.name,
    main: html`<article class="rpc">
<div class="head">
<p class="where"><a href="${links.page(service.packageName)}">${service.title}</a> <span class="tag">${service.version}</span></p>
<h1>${title}</h1>
<p class="lead">${linked(summary)}</p>
${rest !== '' && html`<p>${linked(rest)}</p>`}
${service.version === 'v2beta' && newer(entry, links)}
${ways(entry, site)}
<p class="jump"><a href="#request">Request</a> <a href="#answer">Answer</a> <a href="#errors">Errors</a> <a href="#samples">Samples</a></p>
</div>
<div class="facts">
<section aria-labelledby="permission"><h2 id="permission">Permission</h2>
<p>${prose(permission.text)}</p></section>
<section aria-labelledby="request"><h2 id="request">Request</h2>
${request(entry)}${headerList(entry)}</section>
<section aria-labelledby="answer"><h2 id="answer">Answer</h2>
<p><span class="status ok">${method.successCode}</span> over REST, <span class="status ok">200</span> over Connect, <code>OK</code> over gRPC. What is unset or nought stays out of the JSON.</p>
${fieldList(method.rpc.output, 'answer') ?? html`<p>Nothing: an empty object.</p>`}
${codeBlock('Example answer', JSON.stringify(exampleAnswer(method), undefined, 2))}</section>
<section aria-labelledby="errors"><h2 id="errors">Errors</h2>
<p>The id says which check refused the call: it is stable, and the same over every protocol.</p>
${errorTable(errors, permission.isPublic)}
${errorExample(errors)}</section>
</div>
<div class="side">
${samplesOf(call)}
${site.isCallable && tryIt(entry, call, site)}
</div>
</article>`,
  };
}

/** What is served of v2beta is what v2 does. */
function newer({ method }: Entry, links: Links): Html | false {
  const [, packageName, name] = /^\/zitadel\.(.+)\.\w+\/(\w+)$/.exec(twinPath(method.path)) ?? [];
  return name !== undefined && html`<p>New clients call <a href="${links.page(`${packageName}/${name}`)}">the same in v2</a>.</p>`;
}

/** Over which protocols, and how each calls it. */
function ways({ routes, method, hasConnect }: Entry, { origin }: Site): Html {
  return html`<dl class="ways">
${routes.map(
  ({ verb, path }) => html`<div><dt>REST</dt><dd>${badge(verb)} <code>${pathHtml(origin, path, method.rpc.input)}</code></dd></div>
`,
)}${
  hasConnect &&
  html`<div><dt>Connect</dt><dd>${badge('POST')} <code><span class="origin">${origin}</span>${breakable(method.path)}</code></dd></div>
`
}<div><dt>gRPC</dt><dd><code>${breakable(method.path.slice(1))}</code></dd></div>
</dl>`;
}

/** Variables in the path stand out. */
function pathHtml(origin: string, path: string, input: DescMessage): Html {
  const parts = path.split(/\{([^}]+)\}/);
  const jsonName = (name: string): string => input.fields.find((field) => field.name === name)?.jsonName ?? name;
  return html`<span class="origin">${origin}</span>${parts.map((part, i) => (i % 2 === 0 ? breakable(part) : html`<var>{${jsonName(part)}}</var>`))}`;
}

function request({ method, routes }: Entry): Html {
  const { input } = method.rpc;
  const [route] = routes;
  const variables = route === undefined ? [] : variablesOf(route);
  const rest = input.fields.map(({ name }) => name).filter((name) => !variables.includes(name));
  if (input.fields.length === 0) return html`<p>Empty: the request has no fields.</p>`;
  const inPath = variables.length > 0 && html`<h3>In the path</h3>${fieldList(input, 'request', rest)}`;
  if (rest.length === 0) return html`${inPath}<p>There is no body.</p>`;
  const place = route === undefined ? 'Message' : route.body === '*' ? 'In the body, as JSON' : 'In the query';
  return html`${inPath}
<h3>${place}</h3>
${route?.body === '' && html`<p>Fields of objects are named with dots: <code>query.limit=10</code>. Lists are repeated.</p>`}
${fieldList(input, 'request', variables)}`;
}

function headerList(entry: Entry): Html | false {
  const headers = headersOf(entry);
  return (
    headers.length > 0 &&
    html`<h3>Headers</h3>
<ul class="fields">
${headers.map(
  ({ name, description }) => html`<li><code class="name">${String(name)}</code><p>${prose(String(description))}</p></li>
`,
)}</ul>`
  );
}

function errorTable(errors: readonly KnownError[], isPublic: boolean): Html {
  const byStatus = Map.groupBy(errors, ({ status }) => status);
  const listed = Object.keys(statuses)
    .map(Number)
    .filter((status) => !(isPublic && (status === 401 || status === 403)));
  const others = [...byStatus].filter(([status]) => statuses[status] === undefined).flatMap(([, some]) => some);
  return html`<dl class="errors">
${listed.map((status) => errorRows(String(status), statuses[status] ?? '', byStatus.get(status) ?? []))}
${errorRows('default', otherwise, others)}</dl>`;
}

function errorRows(status: string, about: string, errors: readonly KnownError[]): Html {
  return html`<div><dt><span class="status">${status}</span></dt>
<dd><p>${about}</p>
${
  errors.length > 0 &&
  html`<ul>
${errors.map(
  ({ id, text, code: name }) => html`<li><code>${id}</code> <span>${text}</span> <span class="type">${name}</span></li>
`,
)}</ul>`
}</dd></div>
`;
}

/** The one that is most about this call. */
function errorExample(errors: readonly KnownError[]): Html | false {
  const shown = errors.find(({ code: name }) => name === 'failed_precondition') ?? errors.find(({ code: name }) => name === 'not_found');
  if (shown === undefined) return false;
  return codeBlock(`Example error, ${codes[shown.code].http}`, JSON.stringify(errorBody(shown), undefined, 2));
}

function codeBlock(title: string, text: string): Html {
  return html`<figure class="code"><figcaption>${title}</figcaption><pre tabindex="0" aria-label="${title}" role="region"><code>${code(text)}</code></pre></figure>`;
}

/** All are shown one below the other until the script makes tabs of them. */
function samplesOf(call: SampleCall): Html {
  return html`<section class="samples" aria-labelledby="samples"><h2 id="samples">Samples</h2>
<div class="tabs" data-tabs>
${samples.map(
  ({ id, label, render }) => html`<section class="panel" data-tab="${id}" data-label="${label}"><h3>${label}</h3>
<figure class="code"><figcaption>${badge(call.method)} <span>${call.path.split('?')[0]}</span><button type="button" class="copy" data-copy hidden>Copy</button></figcaption><pre tabindex="0" aria-label="${label}" role="region"><code>${code(render(call))}</code></pre></figure></section>
`,
)}</div></section>`;
}

/** Without the script it is not there: a form of its own would put the token into an address. */
function tryIt({ method, routes, permission }: Entry, call: SampleCall, { origin, kind }: Site): Html {
  const { input } = method.rpc;
  const [route] = routes;
  const variables = route === undefined ? [] : variablesOf(route);
  const queries = route?.body === '' ? queryFields(input, variables) : [];
  const example = exampleRequest(method);
  const hasBody = route === undefined || (route.body === '*' && input.fields.length > variables.length);
  const jsonName = (name: string): string => input.fields.find((field) => field.name === name)?.jsonName ?? name;
  const where = kind === 'server' ? '' : origin;
  return html`<section class="try" aria-labelledby="try" data-try hidden><h2 id="try">Try it</h2>
<form data-verb="${call.method}" data-path="${where}${route?.path ?? method.path}" novalidate>
${
  permission.isPublic
    ? ''
    : html`<label for="token">Token</label>
<input id="token" type="password" autocomplete="off" spellcheck="false" aria-describedby="token-about">
<p id="token-about" class="hint">Stays on this page: held in memory, sent to <code>${origin}</code> alone.</p>`
}
${variables.map((name) => input_(`path-${name}`, jsonName(name), fieldText(input.name, jsonName(name)), { path: name }, String(example[jsonName(name)] ?? ''), true))}
${queries.map(({ name, field }) => input_(`query-${name}`, name, fieldText(field.parent.name, field.jsonName), { query: name }, '', isRequired(field)))}
${hasBody && html`<label for="body">Body</label><textarea id="body" rows="8" spellcheck="false" autocomplete="off" data-body>${JSON.stringify(call.body ?? {}, undefined, 2)}</textarea>`}
<p class="send"><button type="submit">Send ${call.method}</button>${call.method !== 'GET' && html` <span class="hint">A real call to this server.</span>`}</p>
</form>
<div class="result" role="status" data-result></div></section>`;
}

function input_(
  id: string,
  name: string,
  about: string,
  data: { readonly path?: string; readonly query?: string },
  example: string,
  required: boolean,
): Html {
  const key = data.path === undefined ? html`data-query="${data.query}"` : html`data-path-variable="${data.path}"`;
  return html`<label for="${id}"><code>${name}</code></label>
<input id="${id}" ${key} autocomplete="off" spellcheck="false" placeholder="${example}" title="${about}"${required && html` required`}>
`;
}
