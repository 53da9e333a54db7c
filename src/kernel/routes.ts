import { type Cidr, parseCidr } from '../model/address.ts';
import type { Run } from './run.ts';

/** A route of the host's, as far as pools must keep clear of it. */
export interface HostRoute {
  readonly cidr: Cidr;
  /** As a person would name it: `10.0.0.0/16 dev eth0`. */
  readonly text: string;
  readonly dev?: string;
}

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
