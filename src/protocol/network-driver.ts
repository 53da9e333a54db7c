import * as z from 'zod';
import type { Connectivity } from '../driver/connectivity.ts';
import type { Endpoints } from '../driver/endpoints.ts';
import type { CreateNetwork, Networks } from '../driver/networks.ts';
import type { PortRequest } from '../driver/port-requests.ts';
import type { Joined, Sandboxes } from '../driver/sandboxes.ts';
import { GLOBAL_ADDRESS_SPACE, LOCAL_ADDRESS_SPACE, poolIdOf } from '../model/pool.ts';
import { attachmentOf, endpointOptions } from './endpoint-options.ts';
import { id, interfaceAddress, ipamData, mac, portOptions, stringOptions } from './fields.ts';
import { type Method, type Methods, method } from './rpc.ts';

/** The `Options` of CreateNetwork and GwAllocCheck; others of the engine's own keys are of no use to us. */
const NetworkOptions = z.looseObject({
  'com.docker.network.generic': stringOptions.nullish(),
  'com.docker.network.internal': z.boolean().optional(),
});

const CreateNetworkRequest = z.object({
  NetworkID: id,
  Options: NetworkOptions.nullish(),
  IPv4Data: ipamData,
  IPv6Data: ipamData,
});

const CreateEndpointRequest = z.object({
  NetworkID: id,
  EndpointID: id,
  Interface: z
    .object({
      Address: interfaceAddress.optional(),
      AddressIPv6: interfaceAddress.optional(),
      MacAddress: mac.optional(),
    })
    .nullish(),
  Options: endpointOptions,
});

const ofNetwork = z.object({ NetworkID: id });
const ofEndpoint = z.object({ NetworkID: id, EndpointID: id });
const JoinRequest = ofEndpoint.extend({ SandboxKey: z.string(), Options: portOptions.nullish() });
const ProgramRequest = ofEndpoint.extend({ Options: portOptions.nullish() });
const AllocateRequest = ofNetwork.extend({ Options: stringOptions.nullish() });
const GwAllocCheckRequest = z.object({ Options: NetworkOptions.nullish() });
const DiscoverRequest = z.object({ DiscoveryType: z.int(), DiscoveryData: z.unknown() });

export interface NetworkUseCases {
  readonly networks: Networks;
  readonly endpoints: Endpoints;
  readonly sandboxes: Sandboxes;
  readonly connectivity: Connectivity;
}

/** The engine's NetworkDriver methods: each decoded, handed to its use case, and the answer put in the engine's words. */
export function networkDriver({ networks, endpoints, sandboxes, connectivity }: NetworkUseCases): Methods {
  const methods: Record<string, Method> = {
    GwAllocCheck: method(GwAllocCheckRequest, ({ Options }) => {
      networks.checkNames(Options?.['com.docker.network.generic'] ?? {});
      return { SkipIPv4: false, SkipIPv6: false };
    }),
    CreateNetwork: method(CreateNetworkRequest, async (request, { signal }) => {
      await networks.create(createNetwork(request), signal);
      return {};
    }),
    DeleteNetwork: method(ofNetwork, async ({ NetworkID }) => {
      await networks.delete(NetworkID);
      return {};
    }),
    CreateEndpoint: method(CreateEndpointRequest, async (request, { signal }) => {
      const given = request.Interface ?? {};
      const { mac: chosen } = await endpoints.create(
        {
          id: request.EndpointID,
          networkId: request.NetworkID,
          ...(given.Address && { ipv4: given.Address }),
          ...(given.AddressIPv6 && { ipv6: given.AddressIPv6 }),
          ...(given.MacAddress && { mac: given.MacAddress }),
          ...attachmentOf(request.Options),
          publishes: (request.Options?.['com.docker.network.portmap'] ?? []).length > 0,
        },
        signal,
      );
      // The engine refuses an answer that repeats what it has set itself.
      return given.MacAddress ? {} : { Interface: { MacAddress: chosen } };
    }),
    DeleteEndpoint: method(ofEndpoint, async ({ EndpointID }) => {
      await endpoints.delete(EndpointID);
      return {};
    }),
    // An error here would fail the container's start up to 28.0, and the engine drops what remote drivers say.
    EndpointOperInfo: method(ofEndpoint, () => ({ Value: {} })),
    Join: method(JoinRequest, async ({ EndpointID, SandboxKey }) =>
      joinAnswer(await sandboxes.join(EndpointID, SandboxKey)),
    ),
    Leave: method(ofEndpoint, async ({ EndpointID }) => {
      await sandboxes.leave(EndpointID);
      return {};
    }),
    ProgramExternalConnectivity: method(ProgramRequest, async ({ EndpointID, Options }, { signal }) => {
      const ports = Options?.['com.docker.network.portmap'] ?? [];
      const othersHave6 = Options?.['com.docker.network.driver.private.no_proxy_6to4'] ?? false;
      await connectivity.program({ endpointId: EndpointID, ports: ports.map(portRequest), othersHave6 }, signal);
      return {};
    }),
    RevokeExternalConnectivity: method(ofEndpoint, async ({ EndpointID }) => {
      await connectivity.revoke(EndpointID);
      return {};
    }),
    // Swarm managers: what this returns replaces the network's options on every node.
    AllocateNetwork: method(AllocateRequest, ({ Options }) => ({ Options: Options ?? {} })),
    FreeNetwork: method(ofNetwork, () => ({})),
    DiscoverNew: method(DiscoverRequest, () => ({})),
    DiscoverDelete: method(DiscoverRequest, () => ({})),
  };
  return Object.fromEntries(Object.entries(methods).map(([name, each]) => [`NetworkDriver.${name}`, each]));
}

function createNetwork({
  NetworkID,
  Options,
  IPv4Data,
  IPv6Data,
}: z.output<typeof CreateNetworkRequest>): CreateNetwork {
  const data = [...IPv4Data, ...IPv6Data];
  return {
    id: NetworkID,
    subnets: data.map(({ Pool, Gateway }) => ({ pool: Pool, ...(Gateway && { gateway: Gateway }) })),
    auxAddresses: data.flatMap(({ AuxAddresses }) =>
      Object.values(AuxAddresses ?? {}).flatMap((each) => each?.split('/')[0] ?? []),
    ),
    poolIds: data
      .filter(({ AddressSpace }) => AddressSpace === LOCAL_ADDRESS_SPACE || AddressSpace === GLOBAL_ADDRESS_SPACE)
      .map(({ AddressSpace, Pool }) => poolIdOf(AddressSpace, Pool)),
    internal: Options?.['com.docker.network.internal'] ?? false,
    options: Options?.['com.docker.network.generic'] ?? {},
  };
}

type PortMapping = NonNullable<NonNullable<z.output<typeof portOptions>['com.docker.network.portmap']>>[number];

const portRequest = ({ Proto, Port, HostIP, HostPort, HostPortEnd }: PortMapping): PortRequest => ({
  protocol: Proto,
  hostAddress: HostIP ?? '',
  hostPort: HostPort,
  lastHostPort: HostPortEnd,
  port: Port,
});

function joinAnswer({ containerLink, linkPrefix, gateway, gatewayIpv6, routes }: Joined): object {
  return {
    InterfaceName: { SrcName: containerLink, DstPrefix: linkPrefix },
    ...(gateway && { Gateway: gateway }),
    ...(gatewayIpv6 && { GatewayIPv6: gatewayIpv6 }),
    StaticRoutes: routes.map(({ destination, nextHop }) => ({
      Destination: destination,
      RouteType: 0,
      NextHop: nextHop,
    })),
    // Without it a container that gets no gateway could get a second interface, one that leads outside past our rules.
    DisableGatewayService: true,
  };
}
