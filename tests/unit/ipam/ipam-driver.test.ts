import { ipamDriver } from '../../../src/protocol/ipam-driver.ts';
import { constantMethods } from '../../../src/protocol/plugin.ts';
import { Bench } from '../driver/addresses-support.ts';

/** Calls a method with the body that an engine sent (captured from 20.10.24 and 28.5.2, but for the address space). */
async function started() {
  const bench = await Bench.start();
  const methods = { ...constantMethods('local'), ...ipamDriver(bench.addresses) };
  const signal = new AbortController().signal;
  const call = async (name: string, body?: unknown) => methods[`IpamDriver.${name}`]?.(body, { signal });
  return { call, bench, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
}

const ID = 'drawbridge-local|10.77.0.0/24';
const POOL = { AddressSpace: 'drawbridge-local', Pool: '10.77.0.0/24', SubPool: '', Options: {}, V6: false };
const GATEWAY = { PoolID: ID, Address: '', Options: { RequestAddressType: 'com.docker.network.gateway' } };

test('the life of a network, as the engine words it', async () => {
  await using plugin = await started();
  const { call } = plugin;
  expect(await call('GetCapabilities')).toEqual({ RequiresMACAddress: false, RequiresRequestReplay: true });
  expect(await call('GetDefaultAddressSpaces')).toEqual({
    LocalDefaultAddressSpace: 'drawbridge-local',
    GlobalDefaultAddressSpace: 'drawbridge-global',
  });
  expect(await call('RequestPool', POOL)).toEqual({ PoolID: ID, Pool: '10.77.0.0/24', Data: {} });
  expect(await call('RequestAddress', GATEWAY)).toEqual({ Address: '10.77.0.1/24', Data: {} });
  expect(await call('RequestAddress', { PoolID: ID, Address: '', Options: null })).toEqual({
    Address: '10.77.0.2/24',
    Data: {},
  });
  expect(await call('ReleaseAddress', { PoolID: ID, Address: '10.77.0.2' })).toEqual({});
  expect(await call('ReleaseAddress', { PoolID: ID, Address: '10.77.0.1' })).toEqual({});
  expect(await call('ReleasePool', { PoolID: ID })).toEqual({});
  expect(await call('ReleasePool', { PoolID: '' })).toEqual({});
});

test('an automatic pool, with the options left null as swarm does', async () => {
  await using plugin = await started();
  expect(await plugin.call('RequestPool', { ...POOL, Pool: '', Options: null })).toMatchObject({
    Pool: '10.208.0.0/24',
  });
  expect(await plugin.call('RequestPool', { ...POOL, Pool: '', V6: true })).toMatchObject({ Pool: 'fd64:6272::/64' });
});

test('the container’s name, where the engine says it, is told to who wants its address', async () => {
  await using plugin = await started();
  await plugin.call('RequestPool', POOL);
  const named = { PoolID: ID, Address: '10.77.0.9', Options: { 'com.docker.network.endpoint.name': 'web' } };
  await plugin.call('RequestAddress', named);
  await expect(plugin.call('RequestAddress', { ...named, Options: {} })).rejects.toThrow('by container "web"');
});

test('swarm’s mark and an option that names the bridge to adopt reach those who go by them', async () => {
  await using plugin = await started();
  const pool = { ...POOL, AddressSpace: 'drawbridge-global' };
  await plugin.call('RequestPool', pool);
  const serial = { 'com.docker.network.ipam.serial': 'true', RequestAddressType: 'com.docker.network.gateway' };
  const request = { PoolID: 'drawbridge-global|10.77.0.0/24', Address: '10.77.0.1', Options: serial };
  expect(await plugin.call('RequestAddress', request)).toEqual(await plugin.call('RequestAddress', request));
  plugin.bench.route('10.77.0.0/24', 'br0');
  await expect(plugin.call('RequestPool', POOL)).rejects.toMatchObject({ kind: 'conflict' });
  await plugin.call('RequestPool', { ...POOL, Options: { 'com.docker.network.bridge.name': 'br0' } });
});

test('GetCapabilities, which the daemon calls at its start, lets it say again what it has', async () => {
  await using plugin = await started();
  await plugin.call('RequestPool', POOL);
  await plugin.bench.restart();
  const methods = { ...constantMethods('local'), ...ipamDriver(plugin.bench.addresses) };
  const { signal } = new AbortController();
  await expect(methods['IpamDriver.RequestPool']?.(POOL, { signal })).rejects.toMatchObject({ kind: 'conflict' });
  await methods['IpamDriver.GetCapabilities']?.(undefined, { signal });
  expect(await methods['IpamDriver.RequestPool']?.(POOL, { signal })).toMatchObject({ PoolID: ID });
});

test.each([
  ['RequestPool', { ...POOL, Pool: 7 }, 'Pool: Invalid input: expected string, received number (got 7)'],
  ['RequestPool', { ...POOL, V6: 'yes' }, 'V6: Invalid input: expected boolean, received string (got "yes")'],
  ['RequestPool', { ...POOL, Options: [] }, 'Options: Invalid input: expected object, received array (got [])'],
  [
    'RequestPool',
    { ...POOL, Options: { 'com.docker.network.bridge.name': 7 } },
    'Options.com.docker.network.bridge.name: Invalid input: expected string, received number (got 7)',
  ],
  ['RequestPool', { Pool: '' }, 'AddressSpace: Invalid input: expected string, received undefined (got nothing)'],
  [
    'RequestAddress',
    { ...GATEWAY, Address: null },
    'Address: Invalid input: expected string, received null (got null)',
  ],
  ['ReleaseAddress', 'blue', 'the request: Invalid input: expected object, received string (got "blue")'],
  ['ReleasePool', undefined, 'the request has no body'],
])('%s with a field of a wrong type is refused by the field’s name and value', async (name, body, sentence) => {
  await using plugin = await started();
  await expect(plugin.call(name, body)).rejects.toEqual(
    expect.objectContaining({ kind: 'invalid', message: expect.stringContaining(sentence) }),
  );
});
