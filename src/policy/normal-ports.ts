import { PluginError } from '../errors.ts';
import type { PortRange } from '../model/security-group.ts';

const LOWEST = 1;
const HIGHEST = 65_535;

/** Sorted, joined where they overlap or touch; undefined where it is all ports, which is the protocol itself. */
export function normalPorts(given: readonly (number | string)[]): PortRange[] | undefined {
  const joined: PortRange[] = [];
  for (const range of given.map(parse).sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last && range.from <= last.to + 1)
      joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
    else joined.push(range);
  }
  const [first] = joined;
  const isAll = first?.from === LOWEST && first.to === HIGHEST;
  return isAll ? undefined : joined;
}

function parse(given: number | string): PortRange {
  const [, first = '', last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(String(given)) ?? [];
  const range = { from: Number(first), to: Number(last) };
  if (first !== '' && LOWEST <= range.from && range.from <= range.to && range.to <= HIGHEST) return range;
  throw new PluginError('invalid', `ports: "${given}" is no port from 1 to 65535, and no range like 8000-8100`);
}

export const portWord = ({ from, to }: PortRange): number | string => (from === to ? from : `${from}-${to}`);
