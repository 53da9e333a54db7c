import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { GroupStage, OTHER } from '../../support/group-stage.ts';
import type { SimulatedNetwork } from '../../support/simulated-engine.ts';
import type { Talker } from '../../support/talker.ts';

const ENDPOINTS = 500;
/** Half of them are denied. */
const FLOWS = 1_000;
const EVERY_MS = 500;
const [DENIED, KEPT] = [7_000, 7_100] as const;
const PORTS = 10;

let stage: GroupStage;
beforeAll(async () => {
  stage = await GroupStage.raise();
}, 60_000);
afterAll(() => stage[Symbol.asyncDispose]());

/** Endpoints without containers: what is judged and written is the same. */
async function addEndpoints({ id, pools }: SimulatedNetwork, count: number): Promise<void> {
  const { plugin } = stage;
  for (let index = 0; index < count; index += 1) {
    const body = { PoolID: pools[0]?.poolId, Address: '', Options: null };
    const { Address } = await plugin.must('IpamDriver.RequestAddress', body);
    await plugin.must('NetworkDriver.CreateEndpoint', {
      NetworkID: id,
      EndpointID: randomBytes(32).toString('hex'),
      Interface: { Address, AddressIPv6: '', MacAddress: '' },
      Options: { 'drawbridge.groups': 'web+client' },
    });
  }
}

/** Flows that send twice a second each, from a port of their own to one of ten. */
async function talk(from: Talker, at: Talker, to: string, port: number): Promise<string[]> {
  const names: string[] = [];
  for (let offset = 0; offset < PORTS; offset += 1) await at.listen('udp', port + offset);
  for (let index = 0; index < FLOWS / 2; index += 1) {
    const flow = `${port}-${index}`;
    names.push(flow);
    const ports = { port: port + (index % PORTS), sourcePort: 20_000 + (port - DENIED) * 10 + index };
    await from.tell({ order: 'talk', flow, protocol: 'udp', to, ...ports, every: EVERY_MS, back: EVERY_MS });
  }
  return names;
}

test(`with ${ENDPOINTS} endpoints and ${FLOWS} live connections a deleted rule ends its half of them within a second`, async () => {
  const { admin, network, host } = stage;
  const rule = (from: number) => ({
    direction: 'ingress',
    protocol: 'udp',
    ports: [`${from}-${from + PORTS - 1}`],
    remote: 'group:client',
  });
  await stage.apply({ groups: { web: { rules: [rule(DENIED), rule(KEPT)] }, client: {} } });
  const [client, server] = [await stage.member('client'), await stage.member('web')];
  await addEndpoints(network, ENDPOINTS / 2);
  await addEndpoints(await stage.engine.createNetwork(OTHER), ENDPOINTS / 2);
  const to = server.addresses[0] ?? '';
  const denied = await talk(client.talker, server.talker, to, DENIED);
  const kept = await talk(client.talker, server.talker, to, KEPT);
  await setTimeout(EVERY_MS * 2.5);
  const live = (await host.run('conntrack', '-L', '-p', 'udp'))
    .split('\n')
    .filter((line) => line.includes(`dst=${to} `));
  expect(live.length).toBeGreaterThanOrEqual(FLOWS);
  const accounts = async (names: string[]) =>
    (await Promise.all([client.talker.report(names), server.talker.report(names)])).flat();
  expect((await accounts(denied)).filter(({ heard }) => heard === 0)).toEqual([]);

  const id = await stage.ruleId('web', { remote: 'group:client', ports: [`${DENIED}-${DENIED + PORTS - 1}`] });
  const began = Date.now();
  await admin.must('DELETE', `/groups/web/rules/${id}`);
  const answered = Date.now() - began;
  await setTimeout(EVERY_MS * 3);
  const last = Math.max(...(await accounts(denied)).map(({ lastAt }) => lastAt)) - began;
  console.info(`${ENDPOINTS} endpoints, ${FLOWS} flows: answered after ${answered} ms, last packet after ${last} ms`);
  expect(last).toBeLessThan(1_000);
  expect(answered).toBeLessThan(1_000);

  for (const talker of [client.talker, server.talker])
    for (const flow of kept) await talker.tell({ order: 'hush', flow });
  await setTimeout(100);
  const [sent, heard] = [await client.talker.report(kept), await server.talker.report(kept)];
  expect(heard.map((each) => each.heard)).toEqual(sent.map((each) => each.sent));
  expect(sent.map((each) => each.heard)).toEqual(heard.map((each) => each.sent));
}, 120_000);
