import { GLOBAL_ADDRESS_SPACE, LOCAL_ADDRESS_SPACE } from '../model/pool.ts';
import { constant, type Methods } from './rpc.ts';

/** The replay tells us at the engine's start which pools and addresses it still knows. */
export const ipamCapabilities = constant({ RequiresMACAddress: false, RequiresRequestReplay: true });

/** The methods without arguments: constant, so that they can be answered before the store is read. */
export function constantMethods(scope: 'local' | 'global'): Methods {
  return {
    // Never sent to a managed plugin, whose config.json says it; for the sake of a plain socket in tests.
    'Plugin.Activate': constant({ Implements: ['NetworkDriver', 'IpamDriver'] }),
    // GwAllocCheck comes before any address is asked for: the earliest moment at which options can be refused.
    'NetworkDriver.GetCapabilities': constant({ Scope: scope, ConnectivityScope: scope, GwAllocChecker: true }),
    'IpamDriver.GetCapabilities': ipamCapabilities,
    'IpamDriver.GetDefaultAddressSpaces': constant({
      LocalDefaultAddressSpace: LOCAL_ADDRESS_SPACE,
      GlobalDefaultAddressSpace: GLOBAL_ADDRESS_SPACE,
    }),
  };
}
