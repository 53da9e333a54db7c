import type { Plan } from '../plan.ts';
import { inTurn, type Sample, type Samples, timed } from '../rounds.ts';
import { type BareHost, feed } from './bare-host.ts';

/** Milliseconds of the same work in the kernel, done by the programs alone. */
export type GrowthFloor = 'attach' | 'rule change';

const SETS = ['members', 'slot-1', 'addresses'];

/** What an attach and a change of a rule ask of the kernel, on a bare host. */
export async function growthFloors(bare: BareHost, { rounds, warmUp, attaches }: Plan): Promise<Samples<GrowthFloor>> {
  const { host } = bare;
  await feed(host, SETS.map((name) => `create ${name} hash:ip maxelem 10000`).join('\n'), 'ipset', 'restore');
  await feed(host, 'add table bridge bare\nadd set bridge bare ports { type ifname; }', 'nft', '-f', '-');
  return inTurn(
    { rounds: rounds.floors, warmUp },
    { attach: () => attach(bare, attaches), 'rule change': () => ruleChange(bare) },
  );
}

/** Members of sets, an element of the guard, then a link into the bridge; backwards for the other way. Each a process. */
async function attach({ host }: BareHost, count: number): Promise<Sample> {
  const names = Array.from({ length: count }, (_, index) => `bare-${index}`);
  const members = (verb: string) => SETS.map((name) => `${verb} ${name} 10.95.1.1`).join('\n');
  const element = (verb: string) => `${verb} element bridge bare ports { "guarded" }`;
  const make = (name: string) => [
    `link add ${name} mtu 1500 type veth peer name c${name} mtu 1500`,
    `link set ${name} alias floor addrgenmode none master br0`,
    `link set ${name} type bridge_slave isolated off hairpin off`,
    `link set ${name} up`,
  ];
  const sums = { attach: 0, detach: 0 };
  for (const name of names) {
    sums.attach += await timed(async () => {
      await feed(host, members('add'), 'ipset', 'restore');
      await feed(host, element('add'), 'nft', '-f', '-');
      await feed(host, make(name).join('\n'), 'ip', '-batch', '-');
    });
    sums.detach += await timed(async () => {
      await feed(host, `link set ${name} down\nlink set ${name} nomaster`, 'ip', '-batch', '-');
      await feed(host, members('del'), 'ipset', 'restore');
      await feed(host, element('delete'), 'nft', '-f', '-');
    });
  }
  await feed(host, names.map((name) => `link delete ${name}`).join('\n'), 'ip', '-batch', '-');
  return { attach: sums.attach / count, detach: sums.detach / count };
}

const chain = (rules: readonly string[]) => ['*mangle', ':FLOOR - [0:0]', ...rules, 'COMMIT', ''].join('\n');

/** A set of a thousand members and a chain with a rule more, then the chain without it, and a look at the connections. */
async function ruleChange({ host }: BareHost): Promise<Sample> {
  const members = Array.from({ length: 1_000 }, (_, index) => `10.96.${Math.floor(index / 250)}.${index % 250}`);
  const permit = '-A FLOOR -p udp --dport 7000 -m set --match-set many src -j RETURN';
  const both = await timed(async () => {
    const lines = ['create many hash:ip', ...members.map((address) => `add many ${address}`)];
    await feed(host, lines.join('\n'), 'ipset', 'restore');
    await feed(host, chain([permit]), 'iptables-restore', '--noflush');
    await feed(host, chain([]), 'iptables-restore', '--noflush');
    await feed(host, '', 'conntrack', '-L');
  });
  await feed(host, 'destroy many', 'ipset', 'restore');
  return { both };
}
