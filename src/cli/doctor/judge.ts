import { engineFirewall, engineVersion, userlandProxy } from './checks/engine.ts';
import { conntrack, neighbours } from './checks/limits.ts';
import { bridgesFiltered, firewalld, forwardPolicy, sameBackend, ufw } from './checks/packet-filter.ts';
import { pluginServes, portsHeld } from './checks/plugin.ts';
import { forwarding, mtus, overlaps } from './checks/routing.ts';
import type { Facts } from './facts.ts';
import type { Check, Finding } from './finding.ts';

/** Without a plugin that serves calls, what only it can see is not judged. */
const OF_PLUGIN: Readonly<Record<string, Check>> = {
  ports: portsHeld,
  backend: sameBackend,
  'bridge-nf-call': bridgesFiltered,
  forwarding,
  'forward-policy': forwardPolicy,
  mtu: mtus,
  overlaps,
  neighbours,
  conntrack,
};

const ALWAYS: Readonly<Record<string, Check>> = {
  plugin: pluginServes,
  engine: engineVersion,
  'engine-firewall': engineFirewall,
  'userland-proxy': userlandProxy,
  firewalld,
  ufw,
};

export interface Judgement extends Finding {
  readonly check: string;
}

export const judge = (facts: Facts): readonly Judgement[] =>
  Object.entries({ ...ALWAYS, ...(facts.plugin.host && OF_PLUGIN) }).flatMap(([check, look]) =>
    look(facts).map((finding) => ({ check, ...finding })),
  );
