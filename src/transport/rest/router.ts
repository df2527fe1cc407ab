/** REST routes as a tree of segments: literal before variable, so that `/v2/users/human` is not a user called human where it is a route. */
import type { Method, Route } from '../../contract/method.ts';

export interface Target {
  readonly method: Method;
  readonly route: Route;
  /** Names of the variables, in the order of their segments. */
  readonly variables: readonly string[];
}

export interface Match {
  readonly target: Target;
  readonly values: readonly string[];
}

interface Node {
  readonly literals: Map<string, Node>;
  variable: Node | undefined;
  readonly targets: Map<string, Target>;
}

export class Router {
  readonly #root = newNode();

  add(method: Method, route: Route, prefix = ''): void {
    const variables: string[] = [];
    let node = this.#root;
    for (const segment of (prefix + route.path).split('/').slice(1)) {
      const [, name] = /^\{([^=}]+)(?:=\*)?\}$/.exec(segment) ?? [];
      if (name === undefined) node = child(node, segment);
      else {
        variables.push(name);
        node = node.variable ??= newNode();
      }
    }
    // Registered last wins (reference/transport.md 3.4).
    node.targets.set(route.verb, { method, route, variables });
  }

  /** The target of a decoded path; `path` or `method` tells what was missed. */
  find(verb: string, path: string): Match | 'path' | 'method' {
    const segments = path.split('/').slice(1);
    let known = false;
    const search = (node: Node, at: number, values: readonly string[]): Match | undefined => {
      const segment = segments[at];
      if (segment === undefined) {
        known ||= node.targets.size > 0;
        const target = node.targets.get(verb);
        return target && { target, values };
      }
      const literal = node.literals.get(segment);
      const found = literal && search(literal, at + 1, values);
      if (found || node.variable === undefined) return found;
      return search(node.variable, at + 1, [...values, segment]);
    };
    return search(this.#root, 0, []) ?? (known ? 'method' : 'path');
  }
}

const newNode = (): Node => ({ literals: new Map(), variable: undefined, targets: new Map() });

function child(node: Node, segment: string): Node {
  const next = node.literals.get(segment) ?? newNode();
  node.literals.set(segment, next);
  return next;
}
