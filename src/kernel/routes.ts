import { parseCidr } from '../model/address.ts';
import type { HostRoute } from '../model/host.ts';
import { readJson } from './read-json.ts';
import type { Run } from './run.ts';

/** The host's routes of both families, default routes left out. Two processes, about 2 ms. */
export async function hostRoutes(run: Run): Promise<HostRoute[]> {
  return (await showRoutes(run)).flatMap(({ dst, dev }) => {
    const whole = dst.includes('/') ? dst : `${dst}/${dst.includes(':') ? 128 : 32}`;
    const cidr = dst === 'default' ? undefined : parseCidr(whole);
    return cidr ? [{ cidr, text: dev ? `${dst} dev ${dev}` : dst, ...(dev && { dev }) }] : [];
  });
}

/** The links that have learned a route from a router advertisement. */
export async function linksWithAdvertisedRoutes(run: Run): Promise<string[]> {
  const routes = await readJson<Route[]>(run, ['ip', '-6', '-json', 'route', 'show', 'proto', 'ra']);
  return (routes ?? []).flatMap(({ dev }) => dev ?? []);
}

/** The links that the host's default routes lead to, of both families. Two processes. */
export async function uplinks(run: Run): Promise<string[]> {
  return [...new Set((await showRoutes(run, 'default')).flatMap(({ dev }) => dev ?? []))];
}

interface Route {
  readonly dst: string;
  readonly dev?: string;
}

async function showRoutes(run: Run, ...which: readonly string[]): Promise<Route[]> {
  const shown = ['-4', '-6'].map((family) =>
    readJson<Route[]>(run, ['ip', family, '-json', 'route', 'show', ...which]),
  );
  return (await Promise.all(shown)).flatMap((routes) => routes ?? []);
}
