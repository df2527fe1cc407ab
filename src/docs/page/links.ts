/** Where the pages of the docs lie, seen from one of them: on the server below `/docs`, in a folder for any web server beside one another. */
export interface Site {
  readonly kind: 'server' | 'relative';
  /** What the samples and "try it" speak to: `https://auth.example.com`. */
  readonly origin: string;
  /** Whether `origin` can be called: in a folder without one the samples hold a placeholder. */
  readonly isCallable: boolean;
  /** Of the product. */
  readonly version: string;
}

/** Path of a file of the docs, without its ending: `user.v2/DeactivateUser`. The overview is `index`. */
export type PagePath = string;

export class Links {
  readonly #site: Site;
  readonly #root: string;

  constructor(site: Site, from: PagePath) {
    this.#site = site;
    this.#root = site.kind === 'server' ? '/docs/' : '../'.repeat(from.split('/').length - 1);
  }

  page(path: PagePath): string {
    if (this.#site.kind === 'server') return path === 'index' ? '/docs' : `/docs/${path}`;
    return `${this.#root}${path}.html`;
  }

  file(path: string): string {
    return `${this.#root}${path}`;
  }
}
