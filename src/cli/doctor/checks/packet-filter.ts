import type { Facts } from '../facts.ts';
import { type Finding, foundOr, ok, problem, warning } from '../finding.ts';

/** Tables of both are asked for every packet, and both must accept it. */
export function sameBackend({ plugin, files }: Facts): readonly Finding[] {
  const ours = plugin.host?.backend;
  if (!ours || !files.iptables || ours === files.iptables)
    return ok(ours ? `plugin and host use the same iptables (${ours})` : 'the plugin has written no rules yet');
  return problem(
    `the host's iptables is ${files.iptables}, the plugin writes ${ours}: what one accepts the other may drop`,
    'restart the engine and then the plugin (docker plugin disable -f, enable), so that both find what is in use',
  );
}

/** A wrong 0 opens Docker's networks whose containers shall not talk to each other. */
export function bridgesFiltered({ plugin, engine }: Facts): readonly Finding[] {
  const closed = engine?.networks.filter(({ icc }) => !icc) ?? [];
  const found = (plugin.host?.families ?? []).flatMap(({ family, bridgesFiltered: filtered }) => {
    const hit = closed.filter(({ ipv6 }) => family === 4 || ipv6);
    if (filtered !== false || hit.length === 0) return [];
    const name = `net.bridge.bridge-nf-call-ip${family === 6 ? '6' : ''}tables`;
    return problem(
      `${name} is 0, so containers of Docker's networks with enable_icc=false reach each other in IPv${family}: ${namesOf(hit)}`,
      `sysctl -w ${name}=1, and in /etc/sysctl.d what sets it to 0`,
    );
  });
  return foundOr(found, "no network of Docker's with enable_icc=false is open");
}

export function forwardPolicy({ plugin }: Facts): readonly Finding[] {
  const open = (plugin.host?.families ?? []).filter((each) => each.forwardPolicy === 'ACCEPT' && each.forwarding);
  return foundOr(
    open.flatMap(({ family }) =>
      warning(
        `the host forwards whatever no rule forbids, as FORWARD's policy is ACCEPT in IPv${family}; our networks are closed all the same`,
        `ip${family === 6 ? '6' : ''}tables -P FORWARD DROP, if the host shall route for nobody else`,
      ),
    ),
    'the host forwards only what some rule accepts',
  );
}

export const firewalld = ({ files }: Facts): readonly Finding[] =>
  files.firewalld
    ? warning(
        'firewalld runs: its rejects cannot be overruled by the plugin, nor are they told by drawbridge denied',
        'let it trust our bridges: firewall-cmd --permanent --zone=trusted --add-interface=db-+, then --reload',
      )
    : ok('firewalld does not run');

export const ufw = ({ files }: Facts): readonly Finding[] =>
  files.ufw
    ? warning(
        'ufw is on: it judges what containers send to the host itself, and its route rules do not judge our networks',
        'a line -A ufw-before-input -i db-+ -j ACCEPT in /etc/ufw/before.rules lets containers reach the host where their groups permit it',
      )
    : ok('ufw is off');

const namesOf = (things: readonly { readonly name: string }[]) => things.map(({ name }) => name).join(', ');
