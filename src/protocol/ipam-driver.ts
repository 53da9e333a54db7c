import * as z from 'zod';
import type { Addresses } from '../driver/addresses.ts';
import { BRIDGE_NAME_OPTION } from '../model/names.ts';
import { ipamCapabilities } from './plugin.ts';
import { type Methods, method } from './rpc.ts';

/** `--ipam-opt`, which the API and swarm leave null. What we do not know may be another plugin's: it is let pass. */
const poolOptions = z.object({ [BRIDGE_NAME_OPTION]: z.string().optional() }).nullish();

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

/** The methods of docker.ipamdriver/1.0 but for GetDefaultAddressSpaces, which is constant. */
export function ipamDriver(addresses: Addresses): Methods {
  return {
    'IpamDriver.GetCapabilities': async (body, context) => {
      addresses.replayMayFollow();
      return ipamCapabilities(body, context);
    },

    'IpamDriver.RequestPool': method(requestPool, async ({ AddressSpace, Pool, SubPool, Options, V6 }, { signal }) => {
      const bridge = Options?.[BRIDGE_NAME_OPTION];
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
