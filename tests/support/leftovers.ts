/** Runs a command in a host's network namespace and returns what it printed. */
export type RunThere = (...argv: string[]) => Promise<string>;

/** Everything of ours that the kernel still holds: empty after the last network is gone. */
export async function leftovers(run: RunThere): Promise<string[]> {
  const links = JSON.parse(await run('ip', '-json', 'link', 'show')) as { ifname: string; ifalias?: string }[];
  const sets = await run('ipset', 'list', '-name');
  const tables = await run('nft', 'list', 'tables');
  const rules = await Promise.all((await saveCommands(run)).map((command) => run(command)));
  return [
    ...links
      .filter(({ ifname, ifalias }) => /^(db|dv|dc)-/.test(ifname) || ifalias?.startsWith('drawbridge:'))
      .map(({ ifname }) => ifname),
    ...sets.split('\n').filter((name) => name.startsWith('drawbridge-')),
    ...tables.split('\n').filter((name) => name.includes('drawbridge')),
    ...rules.flatMap((text) => text.split('\n').filter((line) => /drawbridge/i.test(line))),
  ];
}

/** What the packet filter still holds for published ports: empty while no container publishes any. */
export async function publishedLeftovers(run: RunThere): Promise<string[]> {
  const rules = await Promise.all((await saveCommands(run)).map((command) => run(command)));
  const chains = /^:DRAWBRIDGE-(PUBLISHED|PORTS|P-|HAIRPIN)/;
  return [
    ...rules.flatMap((text) => text.split('\n').filter((line) => chains.test(line))),
    ...(await run('ipset', 'save')).split('\n').filter((line) => line.startsWith('add drawbridge-open-')),
  ];
}

/** Merely running iptables-legacy-save would create the legacy tables: the kernel's list says whether there are any. */
async function saveCommands(run: RunThere): Promise<string[]> {
  const commands = ['iptables-nft-save', 'ip6tables-nft-save'];
  if ((await run('cat', '/proc/net/ip_tables_names')).trim()) commands.push('iptables-legacy-save');
  if ((await run('cat', '/proc/net/ip6_tables_names')).trim()) commands.push('ip6tables-legacy-save');
  return commands;
}
