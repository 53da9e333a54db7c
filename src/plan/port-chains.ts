import { type Address, type Family, formatAddress } from '../model/address.ts';
import { CHAIN_PREFIX } from '../model/names.ts';
import {
  formatHostPort,
  hostFamilies,
  isLoopback,
  isWildcard,
  type PortBinding,
  type PortProtocol,
} from '../model/port-binding.ts';
import type { Chain, Rule } from './chain.ts';
import { inPortOrder, type PortRun, RUN_BLOCK, runsOf } from './port-runs.ts';

/** Where packets are led that may be for a published port. */
export const TRANSLATION_CHAIN = `${CHAIN_PREFIX}PUBLISHED`;
const PORTS_CHAIN = `${CHAIN_PREFIX}PORTS`;

const LOOPBACK: Readonly<Record<Family, string>> = { 4: '127.0.0.0/8', 6: '::1/128' };

/** So many rules are asked one after the other; more are divided by their ports. */
const RULES_A_CHAIN = 16;
const BRANCHES = 32;
const ALL_PORTS = 65_536;
const SHORT: Readonly<Record<PortProtocol, string>> = { tcp: 'T', udp: 'U', sctp: 'S' };

interface Translation extends PortRun {
  /** The container's, as text. */
  readonly address: string;
}

/** The chains that lead from a port of the host's to an endpoint's; none where no port of the family is translated. */
export function portChains(
  endpoints: readonly { readonly address: Address; readonly bindings: readonly PortBinding[] }[],
  family: Family,
): Chain[] {
  const translations = endpoints
    .flatMap(({ address, bindings }) => {
      const text = formatAddress(address);
      return runsOf(bindings.filter((binding) => isTranslated(binding, family))).map((run) => ({
        ...run,
        address: text,
      }));
    })
    .sort(inPortOrder);
  if (translations.length === 0) return [];
  const entrance: Rule[] = [
    // The host's own listener relays these: no packet with a loopback address leaves the host.
    { destination: LOOPBACK[family], target: 'RETURN', why: 'relayed' },
    { toHost: true, target: { goto: PORTS_CHAIN }, why: 'to the host' },
  ];
  return [{ name: TRANSLATION_CHAIN, rules: entrance }, ...portTree(translations)];
}

/** What a run's rule is called, and its counters are found by. */
export const translationName = (run: PortRun): string =>
  run.lastHostPort === run.hostPort
    ? formatHostPort(run)
    : formatHostPort(run).replace(`${run.hostPort}/`, `${run.hostPort}-${run.lastHostPort}/`);

const isTranslated = (binding: PortBinding, family: Family) =>
  hostFamilies(binding).includes(family) && !isLoopback(binding.hostAddress);

/** With 1,000 ports, in a row or anywhere, some eighty matches; 133 at worst, unless several addresses share a port. */
function portTree(translations: readonly Translation[]): Chain[] {
  if (translations.length <= RULES_A_CHAIN) return [{ name: PORTS_CHAIN, rules: translations.map(translate) }];
  const byProtocol = [...Map.groupBy(translations, ({ protocol }) => protocol)];
  const rules = byProtocol.map(
    ([protocol]): Rule => ({ protocol, target: { goto: partChain(protocol, 0, ALL_PORTS) }, why: protocol }),
  );
  return [
    { name: PORTS_CHAIN, rules },
    ...byProtocol.flatMap(([protocol, all]) => branch(protocol, all, 0, ALL_PORTS)),
  ];
}

const partChain = (protocol: PortProtocol, from: number, size: number) =>
  `${CHAIN_PREFIX}P-${SHORT[protocol]}${from}-${size}`;

/** All of them are among the `size` ports that begin with `from`. */
function branch(protocol: PortProtocol, all: readonly Translation[], from: number, size: number): Chain[] {
  const name = partChain(protocol, from, size);
  if (all.length <= RULES_A_CHAIN || size <= RUN_BLOCK) return [{ name, rules: all.map(translate) }];
  const below = size / BRANCHES;
  const parts = [...Map.groupBy(all, ({ hostPort }) => Math.floor(hostPort / below) * below)];
  const rules = parts.map(
    ([first]): Rule => ({
      protocol,
      ports: [{ from: first, to: first + below - 1 }],
      target: { goto: partChain(protocol, first, below) },
      why: 'on to the port',
    }),
  );
  return [{ name, rules }, ...parts.flatMap(([first, part]) => branch(protocol, part, first, below))];
}

function translate(translation: Translation): Rule {
  const { protocol, hostAddress, hostPort, lastHostPort, port, address } = translation;
  const host = address.includes(':') ? `[${address}]` : address;
  return {
    protocol,
    ...(!isWildcard(translation) && { destination: hostAddress }),
    ports: [{ from: hostPort, to: lastHostPort }],
    target: { dnat: hostPort === port ? address : `${host}:${port}` },
    why: translationName(translation),
    counted: true,
  };
}
