import { disagreements } from '../../support/agreement.ts';
import { GroupStage } from '../../support/group-stage.ts';
import { PortTalker, SHORT_MS } from '../../support/port-talker.ts';

/* What a network's options make of published ports. */

let stage: GroupStage;
let [host, outside]: PortTalker[] = [];
beforeAll(async () => {
  stage = await GroupStage.raise();
  const web = { direction: 'ingress', remote: 'any', protocol: 'tcp', ports: [80] };
  await stage.apply({ groups: { web: { rules: [web] }, closed: { rules: [] } } });
  await stage.world.outside.run('ip', 'route', 'add', '10.7.0.0/24', 'via', '192.0.2.1');
  [host, outside] = await Promise.all([stage.host, stage.world.outside].map((netns) => PortTalker.in(netns)));
});
afterEach(async () => expect(await disagreements(stage.host, stage.plugin)).toEqual([]));
afterAll(async () => {
  for (const talker of [host, outside]) await talker?.[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

const BRIDGE = 'com.docker.network.bridge';

/** A container on a network with these options that answers on 80 and 81, while `work` runs. */
async function published(
  options: Record<string, string>,
  ports: readonly string[],
  work: (address: string, endpointId: string) => Promise<void>,
  groups?: string,
): Promise<void> {
  const network = await stage.engine.createNetwork({ subnets: [{ pool: '10.7.0.0/24' }], options });
  try {
    const own = groups ? { 'drawbridge.groups': groups } : {};
    const container = await stage.engine.run(network, { ports, options: own });
    await using server = await PortTalker.in(container.sandbox);
    for (const port of [80, 81]) await server.serve(port, `web${port}`);
    await work(container.addresses[0] ?? '', container.endpointId);
    await stage.engine.stop(container);
  } finally {
    await stage.engine.removeNetwork(network);
  }
}

const fromOutside = (port: number, address = '192.0.2.1', patienceMs?: number) =>
  outside?.ask('tcp', address, port, patienceMs);
const fromHost = (port: number, address = '127.0.0.1') => host?.ask('tcp', address, port);

test('loopback: only the host itself reaches the port, by 127.0.0.1 and ::1', async () => {
  await published({ 'drawbridge.publish': 'loopback' }, ['8080:80'], async () => {
    expect([await fromHost(8080), await fromHost(8080, '::1')]).toEqual(['web80 from 10.7.0.1', 'web80 from 10.7.0.1']);
    expect([await fromHost(8080, '192.0.2.1'), await fromOutside(8080)]).toEqual(['refused', 'refused']);
  });
  await expect(published({ 'drawbridge.publish': 'loopback' }, ['192.0.2.1:8080:80'], async () => {})).rejects.toThrow(
    'this network has drawbridge.publish=loopback',
  );
});

test('none: a container with ports is refused with a sentence, one without is not', async () => {
  await expect(published({ 'drawbridge.publish': 'none' }, ['8080:80'], async () => {})).rejects.toThrow(
    'publishes no ports (drawbridge.publish=none); start the container without -p 8080:80 and -P',
  );
  await published({ 'drawbridge.publish': 'none' }, [], async () => {});
});

test('group: groups decide also where none was named, so that nobody is let in by -p alone', async () => {
  await published({ 'drawbridge.publish': 'group' }, ['8080:80'], async () => {
    expect([await fromOutside(8080, undefined, SHORT_MS), await fromHost(8080)]).toEqual([
      'nothing',
      'web80 from 10.7.0.1',
    ]);
  });
  await published(
    { 'drawbridge.publish': 'group' },
    ['8080:80', '8081:81'],
    async () => {
      expect([await fromOutside(8080), await fromOutside(8081, undefined, SHORT_MS)]).toEqual([
        'web80 from 192.0.2.2',
        'nothing',
      ]);
    },
    'web',
  );
});

test('auto: a group given to a running container closes what -p had opened, and takes its connections along', async () => {
  await published({}, ['8080:80'], async (_address, endpointId) => {
    expect(await fromOutside(8080)).toBe('web80 from 192.0.2.2');
    await stage.setGroups({ endpointId }, 'closed');
    expect(await fromOutside(8080, undefined, SHORT_MS)).toBe('nothing');
    await stage.setGroups({ endpointId }, 'web');
    expect(await fromOutside(8080)).toBe('web80 from 192.0.2.2');
  });
});

test('host_binding_ipv4 is the address where -p names none', async () => {
  await published({ [`${BRIDGE}.host_binding_ipv4`]: '127.0.0.1' }, ['8080:80', '192.0.2.1:8081:81'], async () => {
    expect([await fromHost(8080), await fromOutside(8080)]).toEqual(['web80 from 10.7.0.1', 'refused']);
    expect(await fromOutside(8081)).toBe('web81 from 192.0.2.2');
  });
  await published({ [`${BRIDGE}.host_binding_ipv4`]: '192.0.2.1' }, ['8080:80'], async () => {
    expect([await fromHost(8080), await fromOutside(8080)]).toEqual(['refused', 'web80 from 192.0.2.2']);
  });
});

test('routed: a published port is open at the container itself, the others stay closed, nothing is translated', async () => {
  await published({ 'drawbridge.gateway-mode': 'routed' }, ['8080:80'], async (address) => {
    expect([await fromOutside(80, address), await fromOutside(81, address, SHORT_MS)]).toEqual([
      'web80 from 192.0.2.2',
      'nothing',
    ]);
    expect([await fromOutside(8080), await fromHost(8080)]).toEqual(['refused', 'refused']);
    expect(await fromHost(80, address)).toBe('web80 from 10.7.0.1');
    expect(await stage.host.run('iptables-nft-save', '--table', 'nat')).not.toContain('10.7.0.');
    const [port, ...others] = await stage.admin.must('GET', '/ports');
    expect([port.hostPort, port.port, port.addresses, others]).toEqual([80, 80, [address], []]);
  });
});

test('routed: a port of the same number that another container has on the host stays its own', async () => {
  const holder = await stage.engine.run(stage.network, { ports: ['80:80'] });
  await using server = await PortTalker.in(holder.sandbox);
  await server.serve(80, 'holder');
  await published({ 'drawbridge.gateway-mode': 'routed' }, ['8080:80'], async (address) => {
    expect([await fromOutside(80), await fromOutside(80, address)]).toEqual([
      'holder from 192.0.2.2',
      'web80 from 192.0.2.2',
    ]);
  });
  expect([await fromHost(80), await fromOutside(80)]).toEqual(['holder from 10.9.0.1', 'holder from 192.0.2.2']);
  await stage.engine.stop(holder);
});
