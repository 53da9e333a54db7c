import { HOST, OUTSIDE } from '../../support/engine.ts';
import type { PortTalker } from '../../support/port-talker.ts';
import { SOON_MS } from '../published-stage.ts';
import { inGroups, type Scenarios, type Stage } from '../stage.ts';

const POLICY = `
groups:
  permits:
    rules:
      - { direction: egress, remote: any }
      - { direction: ingress, protocol: tcp, ports: [8080], remote: any }
      - { direction: ingress, protocol: udp, ports: [8080], remote: any }
  denies:
    rules:
      - { direction: egress, remote: any }
`;

/** The port that the container of each group publishes; `usual` is in its network's default group. */
const PORTS = { usual: 8081, permits: 8082, denies: 8083 } as const;
type Group = keyof typeof PORTS;
const GROUPS = ['usual', 'permits', 'denies'] as const satisfies readonly Group[];

const LOOPBACK = { 4: '127.0.0.1', 6: '::1' } as const;

/** Of the network with those containers. */
const GATEWAY = { 4: '10.80.1.1', 6: 'fd80:1::1' } as const;

/** Who asks: `neighbour` in the same network, `stranger` in another of ours, `docker` in one of Docker's. */
const PLACES = ['outside', 'host', 'loopback', 'neighbour', 'stranger', 'docker', 'itself'] as const;
type Place = (typeof PLACES)[number];

const CELLS = PLACES.flatMap((place) =>
  (['tcp', 'udp'] as const).flatMap((protocol) =>
    ([4, 6] as const).map((family) => ({ place, protocol, family, name: `${place}, ${protocol} over IPv${family}` })),
  ),
);
type Cell = (typeof CELLS)[number];

/** The address that a container sees of each place. All ask for the host's address, `loopback` for its loopback. */
const SEEN: Readonly<Record<Place, Readonly<Record<4 | 6, string>>>> = {
  outside: OUTSIDE,
  host: HOST,
  // The plugin relays, over IPv4 where the container has it.
  loopback: { 4: GATEWAY[4], 6: GATEWAY[4] },
  neighbour: { 4: '10.80.1.20', 6: 'fd80:1::20' },
  stranger: { 4: '10.80.2.20', 6: 'fd80:2::20' },
  // Docker lets its containers show the address of the link that they leave by: our bridge.
  docker: GATEWAY,
  // It would answer itself directly if it saw its own.
  itself: GATEWAY,
};

/** Published ports, asked for in every way. */
export const publishedTable: Scenarios = (stage, major) => {
  /**
   * Before Docker 27, without `experimental`, Docker has no rules for IPv6 at all, so that FORWARD's policy decides what
   * its own containers hear: DROP, set by whoever has switched forwarding on.
   */
  const hearsNothing = ({ place, family }: Cell) => major < 27 && place === 'docker' && family === 6;

  test('who reaches a published port from where, by the groups of its container, and whom that sees', async () => {
    await using table = await Table.lay(stage());
    const expected = (group: Group, cell: Cell) => {
      const passes = group !== 'denies' || cell.place === 'host' || cell.place === 'loopback';
      return passes && !hearsNothing(cell) ? `${group} from ${SEEN[cell.place][cell.family]}` : 'nothing';
    };
    const asked = await filled((group, cell) => table.ask(group, cell));
    expect(asked).toEqual(await filled(async (group, cell) => expected(group, cell)));
  });
};

/** `usual: outside, tcp over IPv4`, and what `answer` says of it. */
async function filled(answer: (group: Group, cell: Cell) => Promise<string>): Promise<Record<string, string>> {
  const cells = GROUPS.flatMap((group) => CELLS.map((cell) => ({ group, cell })));
  const entries = cells.map(async ({ group, cell }) => [`${group}: ${cell.name}`, await answer(group, cell)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** A container of each group with a published port, and somebody in every place who asks. */
class Table implements AsyncDisposable {
  private readonly made = new AsyncDisposableStack();
  private readonly talkers = new Map<Place | Group, PortTalker>();

  static async lay(stage: Stage): Promise<Table> {
    const { engine } = stage;
    await stage.apply(POLICY);
    await stage.network('n1', '--subnet', '10.80.1.0/24', '--ipv6', '--subnet', 'fd80:1::/64');
    await stage.network('n2', '--subnet', '10.80.2.0/24', '--ipv6', '--subnet', 'fd80:2::/64');
    await engine.docker('network', 'create', '--ipv6', '--subnet', 'fd80:3::/64', 'theirs');
    const address = (net: number) => ['--ip', `10.80.${net}.20`, '--ip6', `fd80:${net}::20`];
    await Promise.all([
      ...GROUPS.map((group) => {
        const ports = ['-p', `${PORTS[group]}:8080`, '-p', `${PORTS[group]}:8080/udp`];
        return stage.run(group, group === 'usual' ? 'n1' : inGroups('n1', group), ...ports);
      }),
      stage.run('neighbour', 'n1', ...address(1)),
      stage.run('stranger', 'n2', ...address(2)),
      stage.run('docker', 'theirs'),
    ]);

    await using undone = new AsyncDisposableStack();
    const table = undone.use(new Table());
    await table.seat('outside', engine.talker('outside'));
    await table.seat('host', engine.talker('host'));
    for (const name of ['neighbour', 'stranger', 'docker'] as const) await table.seat(name, engine.find(name).talker());
    for (const group of GROUPS) await (await table.seat(group, engine.find(group).talker())).serve(8080, group);
    undone.move();
    return table;
  }

  ask(group: Group, { place, protocol, family }: Cell): Promise<string> {
    const who = place === 'itself' ? group : place === 'loopback' ? 'host' : place;
    const { [family]: to } = place === 'loopback' ? LOOPBACK : HOST;
    return (
      this.talkers.get(who)?.ask(protocol, to, PORTS[group], SOON_MS) ?? Promise.reject(new Error(`nobody is ${who}`))
    );
  }

  private async seat(who: Place | Group, starting: Promise<PortTalker>): Promise<PortTalker> {
    const talker = this.made.use(await starting);
    this.talkers.set(who, talker);
    return talker;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.made.disposeAsync();
  }
}
