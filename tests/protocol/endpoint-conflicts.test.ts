import { GroupStage } from '../support/group-stage.ts';

/* What an endpoint cannot have, as another one has it. Engines ask only for what their IPAM driver gave them. */

const ID = 'b'.repeat(64);

test('CreateEndpoint refuses an address that another endpoint has, on whatever network, and a MAC of the same network', async () => {
  await using stage = await GroupStage.raise();
  const { engine, plugin, network } = stage;
  // Where another IPAM driver hands out addresses, we know of no subnets that could overlap.
  const elsewhere = await engine.createNetwork({ subnets: [] });
  const { endpointId, mac } = await engine.join(network, { ip: '10.9.0.9' });
  const owner = `endpoint ${endpointId.slice(0, 12)}`;
  const refusal = async (networkId: string, Address: string, MacAddress = '') => {
    const Interface = { Address, AddressIPv6: '', MacAddress };
    const body = { NetworkID: networkId, EndpointID: ID, Interface, Options: {} };
    return (await plugin.call('NetworkDriver.CreateEndpoint', body)).body.Err;
  };
  const taken = `address 10.9.0.9 is in use by ${owner}`;
  expect(await refusal(network.id, '10.9.0.9/24')).toBe(`${taken} of this network`);
  expect(await refusal(network.id, '10.9.0.9/16')).toBe(`${taken} of this network`);
  expect(await refusal(elsewhere.id, '10.9.0.9/24')).toBe(`${taken} of network ${network.id.slice(0, 12)}`);
  expect(await refusal(network.id, '10.9.0.8/24', mac)).toBe(
    `MAC address ${mac} is in use by ${owner} of this network`,
  );
  expect(await refusal(elsewhere.id, '10.9.1.8/24', mac)).toBeUndefined();
});
