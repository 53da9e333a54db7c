import { GroupStage, OTHER } from '../../support/group-stage.ts';
import { type Asked, PortTalker, SHORT_MS } from '../../support/port-talker.ts';

/* Who reaches a published port from where, and whom the container sees. */

const HOST = { 4: '192.0.2.1', 6: '2001:db8::1' } as const;
const LOOPBACK = { 4: '127.0.0.1', 6: '::1' } as const;
const GATEWAY = { 4: '10.9.0.1', 6: 'fd00:9::1' } as const;

/** The host's port of a container whose groups are the network's own, one that permits, one that does not. */
const PORTS = { usual: 8081, permits: 8082, denies: 8083 } as const;

type Place = 'outside' | 'host' | 'neighbour' | 'stranger' | 'itself';

let stage: GroupStage;
const made = new AsyncDisposableStack();
const servers = new Map<string, { talker: PortTalker; addresses: readonly string[] }>();
const talkers = new Map<Place, { talker: PortTalker; addresses: readonly string[] }>();

beforeAll(async () => {
  stage = made.use(await GroupStage.raise());
  const egress = { direction: 'egress', remote: 'any' };
  const web = ['tcp', 'udp'].map((protocol) => ({ direction: 'ingress', remote: 'any', protocol, ports: [80] }));
  await stage.apply({ groups: { permits: { rules: [egress, ...web] }, denies: { rules: [egress] } } });
  const talkerIn = async (netns: Parameters<typeof PortTalker.in>[0]) => made.use(await PortTalker.in(netns));
  for (const [group, port] of Object.entries(PORTS)) {
    const options = group === 'usual' ? {} : { 'drawbridge.groups': group };
    const ports = [`${port}:80`, `${port}:80/udp`];
    const { sandbox, addresses } = await stage.engine.run(stage.network, { options, ports });
    const talker = await talkerIn(sandbox);
    await talker.serve(80, group);
    servers.set(group, { talker, addresses });
  }
  const neighbour = await stage.engine.run(stage.network);
  const stranger = await stage.engine.run(await stage.engine.createNetwork(OTHER));
  talkers.set('neighbour', { talker: await talkerIn(neighbour.sandbox), addresses: neighbour.addresses });
  talkers.set('stranger', { talker: await talkerIn(stranger.sandbox), addresses: stranger.addresses });
  talkers.set('host', { talker: await talkerIn(stage.host), addresses: Object.values(HOST) });
  const outside = ['192.0.2.2', '2001:db8::2'];
  talkers.set('outside', { talker: await talkerIn(stage.world.outside), addresses: outside });
});
afterAll(() => made.disposeAsync());

const groups = Object.keys(PORTS) as (keyof typeof PORTS)[];
const cells = groups.flatMap((group) =>
  (['tcp', 'udp'] as const).flatMap((protocol) =>
    ([4, 6] as const).flatMap((family) =>
      (['outside', 'host', 'neighbour', 'stranger', 'itself'] as const).map(
        (place) => [group, protocol, family, place] as const,
      ),
    ),
  ),
);

async function asked(
  place: Place,
  group: keyof typeof PORTS,
  protocol: Asked,
  to: string,
  patienceMs?: number,
): Promise<string> {
  const { talker } = (place === 'itself' ? servers.get(group) : talkers.get(place)) as { talker: PortTalker };
  return talker.ask(protocol, to, PORTS[group], patienceMs);
}

test.each(cells)(
  'group %s, %s over IPv%s, from %s by the address of the host',
  async (group, protocol, family, place) => {
    const own = talkers.get(place)?.addresses[family === 4 ? 0 : 1];
    const seen = place === 'itself' ? GATEWAY[family] : own;
    // The host reaches its containers always.
    const passes = group !== 'denies' || place === 'host';
    const answer = await asked(place, group, protocol, HOST[family], passes ? undefined : SHORT_MS);
    expect(answer).toBe(passes ? `${group} from ${seen}` : 'nothing');
  },
);

test.each(groups.flatMap((group) => (['tcp', 'udp'] as const).map((protocol) => [group, protocol] as const)))(
  'group %s, %s on loopback is relayed, in both families, over IPv4',
  async (group, protocol) => {
    for (const family of [4, 6] as const)
      expect(await asked('host', group, protocol, LOOPBACK[family])).toBe(`${group} from ${GATEWAY[4]}`);
  },
);

test('a container that has IPv4 alone is reached from ::1, and refused to others over IPv6', async () => {
  const network = await stage.engine.createNetwork({ subnets: [{ pool: '10.7.0.0/24' }] });
  const { sandbox } = await stage.engine.run(network, { ports: ['8090:80'] });
  await using server = await PortTalker.in(sandbox);
  await server.serve(80, 'old');
  expect(await asked('host', 'usual', 'tcp', LOOPBACK[6])).toBe(`usual from ${GATEWAY[4]}`);
  expect(await talkers.get('host')?.talker.ask('tcp', LOOPBACK[6], 8090)).toBe('old from 10.7.0.1');
  expect(await talkers.get('outside')?.talker.ask('tcp', HOST[6], 8090)).toBe('refused');
});

test('other ports of a container stay as they were: closed to strangers and to the outside', async () => {
  const { talker, addresses } = servers.get('usual') as { talker: PortTalker; addresses: readonly string[] };
  await talker.serve(81, 'hidden');
  expect(await talkers.get('stranger')?.talker.ask('tcp', addresses[0] ?? '', 81, SHORT_MS)).toBe('nothing');
  expect(await talkers.get('neighbour')?.talker.ask('tcp', addresses[0] ?? '', 81)).toMatch(/^hidden/);
});
