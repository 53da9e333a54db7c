import type { Netns } from './netns.ts';

/** All that a host's kernel has of its network, as lines that are the same where nothing has changed: counters, handles and indexes are left out. */
export async function pictureOf(host: Netns): Promise<string[]> {
  const [rules, sets, guard, links, addresses, routes] = await Promise.all([
    ruleLines(host),
    host.run('ipset', 'save'),
    host.run('nft', 'list', 'tables'),
    host.run('ip', '-json', '-details', 'link', 'show'),
    host.run('ip', '-br', 'address', 'show', 'scope', 'global'),
    Promise.all(['-4', '-6'].map((family) => host.run('ip', family, 'route', 'show'))),
  ]);
  const bridgeTable = guard.includes('bridge drawbridge')
    ? await host.run('nft', 'list', 'table', 'bridge', 'drawbridge')
    : '';
  const lines = [
    ...rules,
    ...sets.split('\n').map((line) => line.replace(/ initval \S+| bucketsize \S+| hashsize \S+| timeout \d+$/g, '')),
    ...elementsApart(bridgeTable),
    ...(JSON.parse(links) as LinkShown[]).map(linkLine),
    ...addresses.split('\n').map((line) => line.replace(/@\S+|\s+/g, ' ').trim()),
    ...routes.flatMap((text) =>
      text.split('\n').map((line) => line.replace(/ linkdown| metric \d+| pref \w+/g, '').trim()),
    ),
    ...(await Promise.all(FORWARDING.map(async (name) => `${name} ${(await host.run('sysctl', '-n', name)).trim()}`))),
  ];
  return [...new Set(lines.filter(Boolean))].sort();
}

const FORWARDING = ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding'];

/** With their places, as those decide. */
async function ruleLines(host: Netns): Promise<string[]> {
  const saved = await Promise.all(['iptables-save', 'ip6tables-save'].map((program) => host.run(program)));
  return saved.flatMap((text, family) => {
    const counts = new Map<string, number>();
    let table = '';
    return text.split('\n').flatMap((line) => {
      if (line.startsWith('*')) table = line;
      const [, chain] = /^-A (\S+)/.exec(line) ?? [];
      if (!chain) return line.startsWith(':') ? [`${family} ${table} ${line.replace(/ \[.*/, '')}`] : [];
      const place = (counts.get(`${table} ${chain}`) ?? 0) + 1;
      counts.set(`${table} ${chain}`, place);
      return [`${family} ${table} ${place} ${line}`];
    });
  });
}

/** nft prints the elements of a set in no order, several a line. */
const elementsApart = (table: string): string[] => table.split(/[\n,]|elements = \{|\}$/m).map((line) => line.trim());

interface LinkShown {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly master?: string;
  readonly ifalias?: string;
  readonly linkinfo?: {
    readonly info_data?: Readonly<Record<string, unknown>>;
    readonly info_slave_data?: Readonly<Record<string, unknown>>;
  };
}

function linkLine({ ifname, flags, master, ifalias, linkinfo }: LinkShown): string {
  const { nf_call_iptables, nf_call_ip6tables, no_linklocal_learn } = linkinfo?.info_data ?? {};
  const { isolated, hairpin } = linkinfo?.info_slave_data ?? {};
  return JSON.stringify({
    ...{ ifname, up: flags.includes('UP'), master, ifalias },
    ...{ nf_call_iptables, nf_call_ip6tables, no_linklocal_learn, isolated, hairpin },
  });
}
