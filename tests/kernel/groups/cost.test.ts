import { randomBytes } from 'node:crypto';
import { Admin } from '../../support/admin.ts';
import { type Netns, TestHost } from '../../support/netns.ts';
import { PluginProcess } from '../../support/plugin-process.ts';
import { SimulatedEngine, type SimulatedNetwork } from '../../support/simulated-engine.ts';

const PACKETS = 20_000;

/**
 * Sends datagrams of which each opens a connection of its own, by its source port; prints the microseconds of processor
 * time of one. The packet goes through bridge and rules within the call that sends it.
 */
const SEND = `
  use Socket; my ($to, $port, $count) = @ARGV;
  socket(my $s, AF_INET, SOCK_RAW, 17) or die $!;
  my $address = pack_sockaddr_in(0, inet_aton($to));
  my @from = times;
  for my $i (1 .. $count) { send($s, pack('n4', 10000 + $i, $port, 8, 0), 0, $address) or die $!; }
  my @to = times;
  printf "%.3f", ($to[0] + $to[1] - $from[0] - $from[1]) * 1e6 / $count;`;

/** The best of some rounds: whatever else runs on the machine can only make one slower. */
async function microsecondsEach(host: Netns, from: Netns, to: string, port: number): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    await host.succeeds('conntrack', '-D', '-p', 'udp');
    rounds.push(Number(await from.run('perl', '-e', SEND, to, String(port), String(PACKETS))));
  }
  return Math.min(...rounds);
}

/** Endpoints without containers: what the packet filter knows of them is the same. */
async function addEndpoints(plugin: PluginProcess, { id, pools }: SimulatedNetwork, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const { Address } = await plugin.must('IpamDriver.RequestAddress', {
      PoolID: pools[0]?.poolId,
      Address: '',
      Options: null,
    });
    await plugin.must('NetworkDriver.CreateEndpoint', {
      NetworkID: id,
      EndpointID: randomBytes(32).toString('hex'),
      Interface: { Address, AddressIPv6: '', MacAddress: '' },
      Options: {},
    });
  }
}

test('a new connection costs the same with one group and with a thousand, with two endpoints and with two hundred more', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  const admin = new Admin(plugin);
  const rules = [
    { direction: 'egress', remote: 'any' },
    { direction: 'ingress', protocol: 'tcp', ports: [80, 443], remote: 'group:zz-last' },
    { direction: 'ingress', protocol: 'udp', ports: [5000], remote: 'group:zz-last' },
  ];
  await admin.must('POST', '/apply', { groups: { 'zz-last': { rules } } });
  const network = await engine.createNetwork({ subnets: [{ pool: '10.9.0.0/16' }] });
  const options = { 'drawbridge.groups': 'zz-last' };
  const [from, to] = [await engine.run(network, { options }), await engine.run(network, { options })];
  const measure = () => microsecondsEach(host.netns, from.sandbox, to.addresses[0] ?? '', 5000);

  const few = await measure();
  const began = performance.now();
  const many = Object.fromEntries(Array.from({ length: 999 }, (_, index) => [`group-${index}`, { rules }]));
  await admin.must('POST', '/apply', { groups: many });
  const applied = performance.now() - began;
  const manyGroups = await measure();
  await addEndpoints(plugin, network, 200);
  const manyEndpoints = await measure();

  console.log(
    `a new connection: ${few} us with 1 group, ${manyGroups} us with 1,000 groups, ${manyEndpoints} us with 202 endpoints besides; ` +
      `999 groups of 3 rules were applied in ${Math.round(applied)} ms`,
  );
  expect(manyGroups / few).toBeLessThan(1.35);
  expect(manyEndpoints / few).toBeLessThan(1.35);
});
