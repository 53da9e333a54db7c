import { ROUTES, type Route } from '../../src/protocol/admin/routes.ts';
import { Failure } from '../../src/protocol/admin/schemas.ts';
import { Admin, type AdminAnswer } from './admin.ts';

/** A caller that holds every answer against the route's own schema and status, and every refusal against Failure. */
export class CheckedAdmin extends Admin {
  /** The routes that have been answered. */
  readonly answered = new Set<string>();

  override async call(
    verb: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<AdminAnswer> {
    const answer = await super.call(verb, path, body, headers);
    const [name, route] = Object.entries<Route>(ROUTES).find(([, one]) => isOf(one, verb, path)) ?? [];
    if (route?.unwell && answer.status === route.unwell.status) route.unwell.answer.parse(answer.body);
    else if (answer.status >= 400) Failure.parse(answer.body);
    else if (name && route) {
      this.answered.add(name);
      expect([name, answer.status]).toEqual([name, route.status]);
      route.answer.parse(answer.body);
      if (answer.body?.revision !== undefined) expect(answer.etag).toBe(`"${answer.body.revision}"`);
    }
    return answer;
  }
}

function isOf({ verb, path }: Route, called: string, calledPath: string): boolean {
  const pattern = new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`);
  return verb === called.toLowerCase() && pattern.test(calledPath.replace(/\?.*/, ''));
}
