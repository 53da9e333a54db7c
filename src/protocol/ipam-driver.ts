import * as z from 'zod';
import type { Addresses } from '../driver/addresses.ts';
import { GLOBAL_ADDRESS_SPACE, LOCAL_ADDRESS_SPACE } from '../model/pool.ts';
import { constant, type Methods, method } from './rpc.ts';

/** `--ipam-opt`, which the API and swarm leave null. What we do not know may be another plugin's: it is let pass. */
const poolOptions = z.object({ 'com.docker.network.bridge.name': z.string().optional() }).nullish();

const addressOptions = z
  .object({
    RequestAddressType: z.string().optional(),
    'com.docker.network.endpoint.name': z.string().optional(),
    'com.docker.network.ipam.serial': z.string().optional(),
  })
  .nullish();

const requestPool = z.object({
  AddressSpace: z.string(),
  Pool: z.string(),
  SubPool: z.string(),
  Options: poolOptions,
  V6: z.boolean(),
});
const releasePool = z.object({ PoolID: z.string() });
const requestAddress = z.object({ PoolID: z.string(), Address: z.string(), Options: addressOptions });
const releaseAddress = z.object({ PoolID: z.string(), Address: z.string() });

const GATEWAY = 'com.docker.network.gateway';

/** The methods of docker.ipamdriver/1.0. */
export function ipamDriver(addresses: Addresses): Methods {
  return {
    'IpamDriver.GetCapabilities': async () => {
      addresses.replayMayFollow();
      return { RequiresMACAddress: false, RequiresRequestReplay: true };
    },

    'IpamDriver.GetDefaultAddressSpaces': constant({
      LocalDefaultAddressSpace: LOCAL_ADDRESS_SPACE,
      GlobalDefaultAddressSpace: GLOBAL_ADDRESS_SPACE,
    }),

    'IpamDriver.RequestPool': method(requestPool, async ({ AddressSpace, Pool, SubPool, Options, V6 }, { signal }) => {
      const bridge = Options?.['com.docker.network.bridge.name'];
      const request = { addressSpace: AddressSpace, pool: Pool, subPool: SubPool, v6: V6, ...(bridge && { bridge }) };
      const { id, cidr } = await addresses.requestPool(request, signal);
      return { PoolID: id, Pool: cidr, Data: {} };
    }),

    'IpamDriver.ReleasePool': method(releasePool, async ({ PoolID }) => {
      await addresses.releasePool(PoolID);
      return {};
    }),

    'IpamDriver.RequestAddress': method(requestAddress, async ({ PoolID, Address, Options }, { signal }) => {
      const owner = Options?.['com.docker.network.endpoint.name'];
      const request = {
        poolId: PoolID,
        address: Address,
        purpose: Options?.RequestAddressType === GATEWAY ? ('gateway' as const) : ('address' as const),
        swarm: Options?.['com.docker.network.ipam.serial'] === 'true',
        ...(owner && { owner }),
      };
      return { Address: await addresses.requestAddress(request, signal), Data: {} };
    }),

    'IpamDriver.ReleaseAddress': method(releaseAddress, async ({ PoolID, Address }) => {
      await addresses.releaseAddress(PoolID, Address);
      return {};
    }),
  };
}
