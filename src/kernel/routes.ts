import { parseCidr } from '../model/address.ts';
import type { HostRoute } from '../model/host.ts';
import type { Run } from './run.ts';

/** The host's routes of both families, default routes left out. Two processes, about 2 ms. */
export async function hostRoutes(run: Run): Promise<HostRoute[]> {
  const listed = await Promise.all(['-4', '-6'].map((family) => run(['ip', family, '-json', 'route', 'show'])));
  return listed.flatMap((text) =>
    (JSON.parse(text || '[]') as { dst: string; dev?: string }[]).flatMap(({ dst, dev }) => {
      const whole = dst.includes('/') ? dst : `${dst}/${dst.includes(':') ? 128 : 32}`;
      const cidr = dst === 'default' ? undefined : parseCidr(whole);
      return cidr ? [{ cidr, text: dev ? `${dst} dev ${dev}` : dst, ...(dev && { dev }) }] : [];
    }),
  );
}

/** The links that have learned a route from a router advertisement. */
export async function linksWithAdvertisedRoutes(run: Run): Promise<string[]> {
  const listed = (await run(['ip', '-6', '-json', 'route', 'show', 'proto', 'ra'])) || '[]';
  return (JSON.parse(listed) as { dev?: string }[]).flatMap(({ dev }) => dev ?? []);
}

/** The links that the host's default routes lead to, of both families. Two processes. */
export async function uplinks(run: Run): Promise<string[]> {
  const listed = await Promise.all(
    ['-4', '-6'].map((family) => run(['ip', family, '-json', 'route', 'show', 'default'])),
  );
  const routes = listed.flatMap((text) => JSON.parse(text || '[]') as { dev?: string }[]);
  return [...new Set(routes.flatMap(({ dev }) => dev ?? []))];
}
