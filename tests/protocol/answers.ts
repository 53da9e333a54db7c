import * as z from 'zod';

/* What the engine expects in an answer without an error: research of libnetwork's remote drivers, 20.10 to 29. */
const cidr = z.string().regex(/^[0-9a-f.:]+\/\d+$/);
const plain = z.string().regex(/^[0-9a-f.:]+$/);
const mac = z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
const nothing = z.strictObject({});

const ANSWERS: Readonly<Record<string, z.ZodType>> = {
  'Plugin.Activate': z.strictObject({ Implements: z.tuple([z.literal('NetworkDriver'), z.literal('IpamDriver')]) }),
  'NetworkDriver.GetCapabilities': z.strictObject({
    Scope: z.enum(['local', 'global']),
    ConnectivityScope: z.enum(['local', 'global']),
    GwAllocChecker: z.boolean(),
  }),
  'NetworkDriver.GwAllocCheck': z.strictObject({ SkipIPv4: z.boolean(), SkipIPv6: z.boolean() }),
  'NetworkDriver.AllocateNetwork': z.strictObject({ Options: z.record(z.string(), z.string()) }),
  'NetworkDriver.CreateEndpoint': z.strictObject({ Interface: z.strictObject({ MacAddress: mac }).optional() }),
  'NetworkDriver.EndpointOperInfo': z.strictObject({ Value: z.record(z.string(), z.unknown()) }),
  'NetworkDriver.Join': z.strictObject({
    InterfaceName: z.strictObject({ SrcName: z.string().max(15), DstPrefix: z.string().max(13) }),
    Gateway: plain.optional(),
    GatewayIPv6: plain.optional(),
    StaticRoutes: z.array(z.strictObject({ Destination: cidr, RouteType: z.int(), NextHop: plain })),
    DisableGatewayService: z.literal(true),
  }),
  'IpamDriver.GetCapabilities': z.strictObject({
    RequiresMACAddress: z.literal(false),
    RequiresRequestReplay: z.literal(true),
  }),
  'IpamDriver.GetDefaultAddressSpaces': z.strictObject({
    LocalDefaultAddressSpace: z.string(),
    GlobalDefaultAddressSpace: z.string(),
  }),
  'IpamDriver.RequestPool': z.strictObject({
    PoolID: z.string().min(1),
    Pool: cidr,
    Data: z.record(z.string(), z.string()),
  }),
  'IpamDriver.RequestAddress': z.strictObject({ Address: cidr, Data: z.record(z.string(), z.string()).optional() }),
};

/** The methods that answer with an empty object. */
const SILENT = [
  'CreateNetwork',
  'DeleteNetwork',
  'FreeNetwork',
  'DeleteEndpoint',
  'Leave',
  'ProgramExternalConnectivity',
  'RevokeExternalConnectivity',
  'DiscoverNew',
  'DiscoverDelete',
].map((name) => `NetworkDriver.${name}`);

export function answerSchema(method: string): z.ZodType {
  const schema =
    ANSWERS[method] ??
    ([...SILENT, 'IpamDriver.ReleaseAddress', 'IpamDriver.ReleasePool'].includes(method) ? nothing : undefined);
  if (!schema) throw new Error(`the contract says nothing of ${method}`);
  return schema;
}
