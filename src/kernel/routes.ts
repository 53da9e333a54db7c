import { existsSync } from 'node:fs';
import { parseCidr } from '../model/address.ts';
import type { HostRoute } from '../model/host.ts';
import { readJson } from './read-json.ts';
import type { Run } from './run.ts';

/** The host's routes of both families, default routes left out. Two processes, about 2 ms. */
export async function hostRoutes(run: Run): Promise<HostRoute[]> {
  return routesOf(await showRoutes(run));
}

/** Those that the kernel has made for addresses of links: few, also where a routing daemon has filled the table. */
export async function connectedRoutes(run: Run): Promise<HostRoute[]> {
  return routesOf(await showRoutes(run, 'proto', 'kernel'));
}

function routesOf(shown: readonly Route[]): HostRoute[] {
  return shown.flatMap(({ dst, dev }) => {
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
  // A kernel without IPv6 has no routes of it, and says so by an error.
  const families = existsSync('/proc/net/if_inet6') ? ['-4', '-6'] : ['-4'];
  const shown = families.map((family) => readJson<Route[]>(run, ['ip', family, '-json', 'route', 'show', ...which]));
  return (await Promise.all(shown)).flatMap((routes) => routes ?? []);
}
