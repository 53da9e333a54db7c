import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { linkAlias } from '../model/names.ts';
import type { Link } from './link.ts';

const DIRECTORY = '/sys/class/net';

/** What can drift of a bridge port, and of a bridge. */
export type PortState = Pick<Link, 'up' | 'bridge' | 'hairpin' | 'isolated'>;
export type BridgeState = Pick<Link, 'up' | 'nfCall' | 'learnsLinkLocal'>;

/** The id of the network or endpoint that we made a link for, if we did. */
export function madeFor(name: string): string | undefined {
  const alias = read(`${name}/ifalias`);
  return alias.startsWith(linkAlias('')) ? alias.slice(linkAlias('').length) : undefined;
}

/** From four files, some 50 us; undefined where there is no such link. */
export function portState(name: string): PortState | undefined {
  if (!existsSync(`${DIRECTORY}/${name}`)) return undefined;
  return {
    up: isUp(name),
    bridge: masterOf(name),
    hairpin: flag(`${name}/brport/hairpin_mode`),
    isolated: flag(`${name}/brport/isolated`),
  };
}

/** As portState. */
export function bridgeState(name: string): BridgeState | undefined {
  if (!existsSync(`${DIRECTORY}/${name}/bridge`)) return undefined;
  return {
    up: isUp(name),
    nfCall: { 4: flag(`${name}/bridge/nf_call_iptables`), 6: flag(`${name}/bridge/nf_call_ip6tables`) },
    learnsLinkLocal: !flag(`${name}/bridge/no_linklocal_learn`),
  };
}

function masterOf(name: string): string | undefined {
  try {
    return basename(readlinkSync(`${DIRECTORY}/${name}/master`));
  } catch {
    return undefined;
  }
}

const isUp = (name: string) => (Number(read(`${name}/flags`)) & 1) === 1;

const flag = (file: string) => read(file) === '1';

/** Empty where the link has gone meanwhile, or is no port. */
function read(file: string): string {
  try {
    return readFileSync(`${DIRECTORY}/${file}`, 'utf8').trim();
  } catch {
    return '';
  }
}
