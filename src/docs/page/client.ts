/**
 * What a page of the docs does in the browser: tabs, copying, the filter of the overview, and "try it". Everything can be read without it.
 * The token is never stored, and goes into no address: it is read from its field when a call is sent, and put into one header.
 */
const all = <T extends HTMLElement>(selector: string, root: ParentNode = document): T[] => [...root.querySelectorAll<T>(selector)];

for (const tabs of all('[data-tabs]')) makeTabs(tabs);
for (const button of all<HTMLButtonElement>('[data-copy]')) makeCopy(button);
for (const section of all('[data-try]')) makeTry(section);
for (const form of all<HTMLFormElement>('form[data-live]')) makeFilter(form);
showCurrent();
document.querySelector('#nav')?.addEventListener('toggle', showCurrent);

/** By hand: `scrollIntoView` would move the place from which the tab key goes on, too. */
function showCurrent(): void {
  const nav = document.querySelector<HTMLElement>('#nav');
  const current = nav?.querySelector<HTMLElement>('[aria-current]');
  if (nav && current) nav.scrollTop = current.offsetTop - nav.clientHeight / 2;
}

/** Tabs as the ARIA practices have them: one stop for the tab key, arrows between. The language is remembered. */
function makeTabs(tabs: HTMLElement): void {
  const panels = all('[data-tab]', tabs);
  const list = document.createElement('div');
  list.setAttribute('role', 'tablist');
  list.setAttribute('aria-label', 'Language');
  const buttons = panels.map((panel) => {
    const button = document.createElement('button');
    const { tab = '', label = '' } = panel.dataset;
    button.type = 'button';
    button.id = `tab-${tab}`;
    button.textContent = label;
    button.setAttribute('role', 'tab');
    button.setAttribute('aria-controls', `panel-${tab}`);
    panel.id = `panel-${tab}`;
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-labelledby', button.id);
    panel.querySelector('h3')?.remove();
    return button;
  });
  const select = (at: number): void => {
    for (const [i, button] of buttons.entries()) {
      button.setAttribute('aria-selected', String(i === at));
      button.tabIndex = i === at ? 0 : -1;
      panels[i]?.toggleAttribute('hidden', i !== at);
    }
    remember(panels[at]?.dataset.tab ?? '');
  };
  list.append(...buttons);
  for (const [at, button] of buttons.entries()) {
    button.addEventListener('click', () => select(at));
    button.addEventListener('keydown', (event) => {
      const steps: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 };
      const next = steps[event.key];
      if (next === undefined) return;
      event.preventDefault();
      const wrapped = (next + buttons.length) % buttons.length;
      select(wrapped);
      buttons[wrapped]?.focus();
    });
  }
  tabs.prepend(list);
  const known = panels.findIndex((panel) => panel.dataset.tab === remembered());
  select(Math.max(known, 0));
}

const LANGUAGE = 'keyward-docs-language';

function remembered(): string | null {
  try {
    return localStorage.getItem(LANGUAGE);
  } catch {
    return null; // storage is switched off
  }
}

function remember(language: string): void {
  try {
    localStorage.setItem(LANGUAGE, language);
  } catch {
    // Then it is not remembered.
  }
}

function makeCopy(button: HTMLButtonElement): void {
  if (!navigator.clipboard) return; // a page without TLS has none
  button.hidden = false;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(button.closest('figure')?.querySelector('pre')?.textContent ?? '');
    button.textContent = 'Copied';
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 1500);
  });
}

function makeTry(section: HTMLElement): void {
  const form = section.querySelector('form');
  const result = section.querySelector<HTMLElement>('[data-result]');
  if (form === null || result === null) return;
  section.hidden = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const missing = all<HTMLInputElement>('[data-path-variable]', form).find(({ value }) => value.trim() === '');
    if (missing !== undefined) {
      missing.setAttribute('aria-invalid', 'true');
      missing.focus();
      show(result, `${missing.labels?.[0]?.textContent ?? 'A value'} is missing.`);
      return;
    }
    const button = form.querySelector('button');
    button?.setAttribute('disabled', '');
    try {
      await send(form, result);
    } catch (error) {
      show(result, `No answer: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      button?.removeAttribute('disabled');
    }
  });
}

async function send(form: HTMLFormElement, result: HTMLElement): Promise<void> {
  const { verb = 'GET', path = '' } = form.dataset;
  const values = new Map(
    all<HTMLInputElement>('[data-path-variable]', form).map((input) => {
      input.removeAttribute('aria-invalid');
      return [input.dataset.pathVariable, input.value.trim()];
    }),
  );
  const filled = path.replace(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(values.get(name) ?? ''));
  const query = new URLSearchParams(
    all<HTMLInputElement>('[data-query]', form)
      .filter(({ value }) => value !== '')
      .flatMap(({ dataset, value }) => value.split(',').map((one) => [dataset.query ?? '', one.trim()])),
  ).toString();
  const token = form.querySelector<HTMLInputElement>('#token')?.value.trim() ?? '';
  const body = form.querySelector<HTMLTextAreaElement>('[data-body]')?.value;
  const started = performance.now();
  const response = await fetch(query === '' ? filled : `${filled}?${query}`, {
    method: verb,
    headers: {
      ...(token !== '' && { Authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    },
    ...(body !== undefined && { body }),
    // Nothing but the token says who calls.
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    cache: 'no-store',
  });
  const text = await response.text();
  show(result, `${response.status} ${response.statusText}`.trim(), pretty(text), response.ok, performance.now() - started);
}

function show(result: HTMLElement, said: string, text?: string, ok = false, ms?: number): void {
  const line = document.createElement('p');
  const status = document.createElement('span');
  status.className = ok ? 'status ok' : 'status';
  status.textContent = said;
  line.append(status, ms === undefined ? '' : ` in ${Math.round(ms)} ms`);
  const parts: HTMLElement[] = [line];
  if (text !== undefined) {
    const pre = document.createElement('pre');
    pre.tabIndex = 0;
    pre.setAttribute('role', 'region');
    pre.setAttribute('aria-label', 'Answer of the server');
    pre.textContent = text;
    parts.push(pre);
  }
  result.replaceChildren(...parts);
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}

/** The overview shows the calls that hold every word. */
function makeFilter(form: HTMLFormElement): void {
  const input = form.querySelector<HTMLInputElement>('[name=q]');
  const found = document.querySelector<HTMLElement>('[data-found]');
  if (input === null || found === null) return;
  const lines = all('[data-find]');
  const filter = (): void => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const line of lines) {
      const fits = words.every((word) => line.dataset.find?.includes(word));
      line.hidden = !fits;
      if (fits) count += 1;
    }
    for (const service of all('[data-service]')) service.hidden = all('[data-find]:not([hidden])', service).length === 0;
    found.textContent = words.length === 0 ? '' : count === 1 ? '1 call' : `${count} calls`;
  };
  input.value = new URLSearchParams(location.search).get('q') ?? '';
  input.addEventListener('input', () => {
    filter();
    document.querySelector('#all')?.scrollIntoView();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    document.querySelector('#all')?.scrollIntoView();
  });
  filter();
  if (input.value !== '') document.querySelector('#all')?.scrollIntoView();
}
