import { setTimeout } from 'node:timers/promises';
import { Stage } from '../../e2e/stage.ts';
import type { DockerApi } from '../../support/docker.ts';
import { buildEngine } from '../../support/engine.ts';
import type { Sample, Side } from '../rounds.ts';

/** Ours, and Docker's bridge where the packet filter sees what is bridged on the whole host, and where it does not. */
export type DockName = 'ours' | 'Docker' | 'Docker, nf-call 1';

/** What is measured on each side. */
export interface Berth {
  readonly name: DockName;
  /** For names of containers. */
  readonly short: string;
  readonly network: 'ours' | 'theirs';
  /** The first of the host's ports that it publishes. */
  readonly ports: number;
  /** bridge-nf-call-iptables; our bridges have a setting of their own, whatever that is. */
  readonly nfCall: 0 | 1;
}

export const BERTHS: readonly Berth[] = [
  { name: 'ours', short: 'ours', network: 'ours', ports: 20_000, nfCall: 0 },
  { name: 'Docker', short: 'docker', network: 'theirs', ports: 21_000, nfCall: 0 },
  { name: 'Docker, nf-call 1', short: 'filtered', network: 'theirs', ports: 22_000, nfCall: 1 },
];

/** The one group that ours are in: ten rules, of which the traffic that is measured needs the last. */
const RULES = [
  { direction: 'egress', remote: 'any' },
  ...[22, 80, 443, 5_432, 6_379].map((port) => ({
    direction: 'ingress',
    protocol: 'tcp',
    ports: [port],
    remote: '10.0.0.0/8',
  })),
  { direction: 'ingress', protocol: 'icmp', remote: 'any' },
  { direction: 'ingress', protocol: 'tcp', ports: [5_000], remote: 'group:bench' },
  { direction: 'ingress', protocol: 'udp', ports: [5_201], remote: 'any' },
  { direction: 'ingress', protocol: 'tcp', ports: [5_201], remote: 'any' },
];

/** What goes on behind an answer shall be over before the next side's turn. */
const REST_MS = 150;

/** An engine with our plugin, a network of ours and one of Docker's. */
export class Dock implements AsyncDisposable {
  readonly stage: Stage;
  readonly version: string;
  private nfCall: 0 | 1 | undefined;

  private constructor(stage: Stage, version: string) {
    this.stage = stage;
    this.version = version;
  }

  static async open(): Promise<Dock> {
    const version = buildEngine('sid');
    const stage = await Stage.open('sid', { role: 'bench' });
    try {
      await stage.apply(JSON.stringify({ groups: { bench: { rules: RULES } } }));
      await stage.network('ours', '--subnet', '10.90.0.0/24', '--opt', 'drawbridge.groups=bench');
      await stage.engine.docker('network', 'create', '--driver', 'bridge', '--subnet', '10.91.0.0/24', 'theirs');
      return new Dock(stage, version);
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
  }

  get api(): DockerApi {
    return this.stage.engine.api;
  }

  /** The same work on every side, or those that are given, each in its turn. */
  sides(work: (berth: Berth, round: number) => Promise<Sample>, berths = BERTHS): Record<DockName, Side> {
    const side =
      (berth: Berth): Side =>
      async (round) => {
        await this.turnTo(berth);
        const sample = await work(berth, round);
        await setTimeout(REST_MS);
        return sample;
      };
    return Object.fromEntries(berths.map((berth) => [berth.name, side(berth)])) as Record<DockName, Side>;
  }

  /** The switch is one of the engine's network namespace. */
  async turnTo({ nfCall }: Berth): Promise<void> {
    if (nfCall === this.nfCall) return;
    const settings = ['iptables', 'ip6tables'].map((program) => `net.bridge.bridge-nf-call-${program}=${nfCall}`);
    await this.stage.engine.net('sysctl', '-qw', ...settings);
    this.nfCall = nfCall;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stage[Symbol.asyncDispose]();
  }
}
