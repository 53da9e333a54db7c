import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Guard } from '../../src/kernel/guard.ts';
import { Ipsets } from '../../src/kernel/ipset.ts';
import { Iptables } from '../../src/kernel/iptables.ts';
import { type Link, Links } from '../../src/kernel/links.ts';
import { run } from '../../src/kernel/run.ts';
import { groupedAddresses } from '../../src/model/address-groups.ts';
import type { Endpoint } from '../../src/model/endpoint.ts';
import { containerLinkName, hostLinkName, isOurLink } from '../../src/model/names.ts';
import type { Network } from '../../src/model/network.ts';
import { openPorts } from '../../src/model/open-ports.ts';
import type { Lease, Pool } from '../../src/model/pool.ts';
import type { PublishedPorts } from '../../src/model/port-binding.ts';
import type { AddressList, SecurityGroup } from '../../src/model/security-group.ts';
import { planPortChains } from '../../src/plan/chains.ts';
import { GUARD, guardElements } from '../../src/plan/guard.ts';
import { DEFAULT_MARK_MASK, Marks } from '../../src/plan/marks.ts';
import { addressMembers } from '../../src/plan/membership.ts';
import { isCutSet, listMembers, openMembers, type SetMember } from '../../src/plan/sets.ts';
import type { Netns } from './netns.ts';

export interface Stored {
  readonly network: readonly Network[];
  readonly endpoint: readonly Endpoint[];
  readonly published: readonly PublishedPorts[];
  readonly pool: readonly Pool[];
  readonly lease: readonly Lease[];
  readonly group: readonly SecurityGroup[];
  readonly list: readonly AddressList[];
}

/** As before the first network, and after the last. */
export const NOTHING_STORED: Stored = {
  network: [],
  endpoint: [],
  published: [],
  pool: [],
  lease: [],
  group: [],
  list: [],
};

/** What the store's file holds, read from a copy: the plugin may be writing. */
export function readStored(stateDir: string): Stored {
  const copy = mkdtempSync(join(tmpdir(), 'db-copy-'));
  for (const end of ['', '-wal']) {
    const file = join(stateDir, `drawbridge.sqlite${end}`);
    if (existsSync(file)) copyFileSync(file, join(copy, `drawbridge.sqlite${end}`));
  }
  const database = new DatabaseSync(join(copy, 'drawbridge.sqlite'));
  const rows = database.prepare('SELECT kind, body FROM record').all() as { kind: string; body: string }[];
  database.close();
  rmSync(copy, { recursive: true });
  const of = (kind: string) => rows.filter((row) => row.kind === kind).map(({ body }) => JSON.parse(body));
  return {
    network: of('network'),
    endpoint: of('endpoint'),
    published: of('published'),
    pool: of('pool'),
    lease: of('lease'),
    group: of('group'),
    list: of('list'),
  };
}

/** Where store and kernel of a host disagree: empty when all is well. */
export async function disagreements(host: Netns, stateDir: string): Promise<string[]> {
  const stored = readStored(stateDir);
  const there = (argv: readonly string[], options?: object) => run(host.inside(...argv), options);
  const [links, sets, guard] = [
    await new Links(there).list(),
    await new Ipsets(there).read(),
    await new Guard(there, GUARD).read(),
  ];
  const wantedLinks = [
    ...stored.network.map(({ bridge }) => bridge),
    ...stored.endpoint.map(({ id }) => hostLinkName(id)),
  ];
  const inSandbox = new Set(stored.endpoint.map(({ id }) => containerLinkName(id)));
  return [
    ...stored.network.filter(({ state }) => state !== 'ready').map(({ id, state }) => `network ${id} is ${state}`),
    ...stored.endpoint
      .filter(({ state }) => !['ready', 'joined'].includes(state))
      .map(({ id, state }) => `endpoint ${id} is ${state}`),
    ...difference(
      'link',
      wantedLinks,
      links.filter((link) => isOurLink(link) && !inSandbox.has(link.name)).map(({ name }) => name),
    ),
    ...difference(
      'set member',
      wantedMembers(stored).map(spellMember),
      [...sets].flatMap(([name, members]) => (isCutSet(name) ? [] : members.map(spellMember))),
    ),
    ...difference(
      'guard element',
      stored.endpoint.flatMap((one) =>
        guardElements(
          one,
          stored.network.find(({ id }) => id === one.networkId),
        ).map((element) => JSON.stringify(element)),
      ),
      (guard?.elements ?? []).map((element) => JSON.stringify(element)),
    ),
    ...(stored.network.length > 0 && !guard?.intact ? ['the guard is not intact'] : []),
    ...(await wrongPorts(host, stored, links)),
  ];
}

const spellMember = ({ set, member, value = '' }: SetMember) => `${set} ${member} ${value}`;

/** Where published ports are not what the store says: chains, hairpins, listeners. Puts the chains right, too. */
async function wrongPorts(host: Netns, stored: Stored, links: readonly Link[]): Promise<string[]> {
  const publishers = publishersOf(stored);
  const iptables = new Iptables((argv, options) => run(host.inside(...argv), options));
  const plans = stored.network.length > 0 ? planPortChains(stored.network, publishers) : [];
  const listening = await host.run('ss', '-Hltun');
  const translated = publishers.filter(({ network }) => network.gatewayMode === 'nat');
  return [
    ...stored.published.filter(({ state }) => state !== 'published').map(({ endpointId }) => `ports of ${endpointId}`),
    ...(await Promise.all(plans.map((plan) => iptables.apply(plan, 'nft')))).flat(),
    ...difference(
      'hairpin',
      stored.endpoint.filter((one) => one.hairpin).map(({ id }) => hostLinkName(id)),
      links.filter(({ hairpin }) => hairpin).map(({ name }) => name),
    ),
    ...translated
      .flatMap(({ bindings }) => bindings)
      .filter(({ protocol, hostPort }) => protocol !== 'sctp' && !listening.includes(`:${hostPort} `))
      .map(({ protocol, hostPort }) => `nobody listens on ${hostPort}/${protocol}`),
  ];
}

const publishersOf = ({ published, endpoint, network }: Stored) =>
  published.flatMap(({ endpointId, bindings }) => {
    const owner = endpoint.find(({ id }) => id === endpointId);
    const its = network.find(({ id }) => id === owner?.networkId);
    return owner && its ? [{ endpoint: owner, network: its, bindings }] : [];
  });

function wantedMembers(stored: Stored): SetMember[] {
  const { network, endpoint, group, list } = stored;
  const remotes = group.flatMap(({ rules }) => rules.map(({ remote }) => remote));
  const parts = {
    marks: new Marks(DEFAULT_MARK_MASK),
    bridgeOf: (id: string) => network.find((one) => one.id === id)?.bridge ?? 'no bridge',
    numberOf: (name: string) => group.find((one) => one.name === name)?.number,
    hasSets: (name: string) => remotes.some((remote) => remote.kind === 'group' && remote.group === name),
  };
  const used = list.filter(({ name }) => remotes.some((remote) => remote.kind === 'list' && remote.list === name));
  return [
    ...[...groupedAddresses(endpoint).values()].flatMap((one) => addressMembers(one, parts)),
    ...used.flatMap(listMembers),
    ...publishersOf(stored).flatMap((one) => openMembers(openPorts(one.endpoint, one.network, one.bindings))),
  ];
}

function difference(what: string, wanted: readonly string[], actual: readonly string[]): string[] {
  return [
    ...wanted.filter((one) => !actual.includes(one)).map((one) => `${what} missing: ${one}`),
    ...actual.filter((one) => !wanted.includes(one)).map((one) => `${what} too many: ${one}`),
  ];
}
