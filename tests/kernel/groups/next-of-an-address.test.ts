import { Admin } from '../../support/admin.ts';
import { TestHost } from '../../support/netns.ts';
import { PluginProcess } from '../../support/plugin-process.ts';
import { SimulatedEngine } from '../../support/simulated-engine.ts';
import { pings } from '../../support/traffic.ts';

test('connections cut from a container that is gone are not cut from the next one of its address', async () => {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  await using engine = new SimulatedEngine(plugin, host.netns);
  const admin = new Admin(plugin);
  const network = await engine.createNetwork({ subnets: [{ pool: '10.9.0.0/24' }] });
  await admin.must('POST', '/groups', { name: 'closed', rules: [] });
  const [server, client] = [await engine.run(network), await engine.run(network, { ip: '10.9.0.9' })];
  const [ofServer = ''] = server.addresses;

  expect(await pings(client.sandbox, ofServer)).toBe(true);
  await admin.must('PUT', `/endpoints/${client.endpointId}/groups`, { groups: ['closed'] });
  expect(await host.netns.run('ipset', 'list', 'drawbridge-cut-4')).toContain('10.9.0.9,');
  await engine.stop(client);
  const next = await engine.run(network, { ip: '10.9.0.9' });
  expect(await pings(next.sandbox, ofServer)).toBe(true);
});
