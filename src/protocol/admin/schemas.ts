import * as z from 'zod';

/*
 * The words of the admin API: what goes over the wire under /v1/. The OpenAPI document is generated from these, and the
 * CLI takes its types from here.
 */

/** 80, "80" or "8000-8100". */
const PortWord = z
  .union([
    z.int().min(1).max(65_535),
    z.string().regex(/^\d{1,5}(-\d{1,5})?$/, 'must be a port, or a range like 8000-8100'),
  ])
  .meta({ description: 'One port from 1 to 65535, or a range such as "8000-8100"' });

/** What a rule says; validated in full, and brought into its one spelling, by policy/normal-rule.ts. */
export const RuleBody = z
  .strictObject({
    direction: z.enum(['ingress', 'egress']),
    family: z.literal([4, 6]).optional().meta({ description: 'IP version; both where absent' }),
    protocol: z
      .union([z.enum(['any', 'tcp', 'udp', 'sctp', 'icmp', 'icmpv6']), z.int().min(0).max(255)])
      .optional()
      .meta({ description: 'A name or an IP protocol number; any where absent' }),
    ports: z
      .array(PortWord)
      .min(1)
      .max(100)
      .optional()
      .meta({ description: 'All where absent; tcp, udp and sctp only' }),
    icmpType: z.int().min(0).max(255).optional(),
    icmpCode: z.int().min(0).max(255).optional(),
    remote: z.string().meta({
      description: 'The other side: "any", an address or CIDR, "group:NAME" or "list:NAME"',
      examples: ['group:web'],
    }),
  })
  .meta({ id: 'RuleBody' });

export const Rule = RuleBody.extend({ id: z.string().meta({ description: 'Hash of what the rule says' }) }).meta({
  id: 'Rule',
});

export const GroupBody = z
  .strictObject({
    name: z.string(),
    description: z.string().max(200).optional(),
    rules: z.array(RuleBody).optional().meta({ description: 'Where absent: all egress, no ingress' }),
  })
  .meta({ id: 'GroupBody' });

export const Group = z
  .strictObject({
    name: z.string(),
    description: z.string().optional(),
    revision: z.int().meta({ description: 'For If-Match' }),
    default: z.boolean().meta({ description: "Whether it is a network's own default group" }),
    rules: z.array(Rule),
    usedBy: z.strictObject({
      endpoints: z.array(z.string()),
      /** Other groups whose rules name it. */
      groups: z.array(z.string()),
      /** Networks whose endpoints have it where they name none. */
      networks: z.array(z.string()),
    }),
  })
  .meta({ id: 'Group' });

/** Packets that opened a connection, or belonged to none, and that a rule permitted; by rule id. */
export const Counters = z
  .record(z.string(), z.strictObject({ packets: z.int(), bytes: z.int() }))
  .meta({ id: 'Counters' });

export const ListBody = z
  .strictObject({ name: z.string(), entries: z.array(z.string()).max(10_000) })
  .meta({ id: 'AddressListBody' });

export const EntriesBody = z.strictObject({ entries: z.array(z.string()).max(10_000) }).meta({ id: 'EntriesBody' });

export const List = z
  .strictObject({
    name: z.string(),
    entries: z.array(z.string()).meta({ description: 'Canonical CIDRs' }),
    revision: z.int(),
    usedBy: z.strictObject({ groups: z.array(z.string()) }),
  })
  .meta({ id: 'AddressList' });

export const Endpoint = z
  .strictObject({
    id: z.string(),
    networkId: z.string(),
    state: z.string(),
    name: z.string().optional().meta({ description: "The container's, where the engine tells it (29.0 on)" }),
    ipv4: z.string().optional(),
    ipv6: z.string().optional(),
    mac: z.string(),
    groups: z.array(z.string()),
    allowedAddresses: z.array(z.string()),
  })
  .meta({ id: 'Endpoint' });

export const EndpointGroupsBody = z
  .strictObject({ groups: z.array(z.string()).min(1) })
  .meta({ id: 'EndpointGroupsBody' });

export const Network = z
  .strictObject({
    id: z.string(),
    state: z.string(),
    bridge: z.string(),
    subnets: z.array(z.strictObject({ pool: z.string(), gateway: z.string().optional() })),
    internal: z.boolean(),
    icc: z.boolean(),
    groups: z.array(z.string()),
    defaultGroup: z.string(),
    endpoints: z.int(),
  })
  .meta({ id: 'Network' });

export const Pool = z
  .strictObject({
    id: z.string(),
    addressSpace: z.string(),
    pool: z.string(),
    subPool: z.string().optional(),
    leases: z.array(
      z.strictObject({ address: z.string(), purpose: z.enum(['gateway', 'address']), owner: z.string().optional() }),
    ),
  })
  .meta({ id: 'Pool' });

export const Port = z
  .strictObject({
    protocol: z.enum(['tcp', 'udp', 'sctp']),
    hostAddress: z.string().meta({ description: 'Of the host; empty for all of both families' }),
    hostPort: z.int(),
    lastHostPort: z.int().meta({ description: 'Another than hostPort where it is a range' }),
    port: z.int().meta({ description: "The container's; the first one of a range" }),
    endpointId: z.string(),
    networkId: z.string(),
    name: z.string().optional().meta({ description: "The container's, where the engine tells it (29.0 on)" }),
    addresses: z.array(z.string()).meta({ description: "The container's" }),
    packets: z.int().meta({ description: 'Packets that opened a connection' }),
    bytes: z.int(),
    problem: z.string().optional().meta({ description: 'Why the port is not held on the host' }),
  })
  .meta({ id: 'Port' });

export const PolicyDocument = z
  .strictObject({
    groups: z
      .record(
        z.string(),
        z.strictObject({ description: z.string().max(200).optional(), rules: z.array(RuleBody).optional() }).nullable(),
      )
      .optional(),
    lists: z.record(z.string(), z.array(z.string()).max(10_000)).optional(),
  })
  .meta({ id: 'PolicyDocument', description: 'What `apply` takes and `export` gives' });

export const PolicyChange = z
  .strictObject({
    action: z.enum(['create', 'change', 'delete']),
    kind: z.enum(['group', 'list']),
    name: z.string(),
    description: z.string().optional().meta({ description: 'The new one, where it changes' }),
    addedRules: z.array(Rule).optional(),
    removedRules: z.array(Rule).optional(),
    addedEntries: z.array(z.string()).optional(),
    removedEntries: z.array(z.string()).optional(),
  })
  .meta({ id: 'PolicyChange' });

export const Plan = z.strictObject({ applied: z.boolean(), changes: z.array(PolicyChange) }).meta({ id: 'Plan' });

export const ExplainBody = z
  .strictObject({
    from: z.string().meta({ description: 'An endpoint id or the beginning of one, an address, "outside" or "host"' }),
    to: z.string(),
    family: z.literal([4, 6]).optional().meta({ description: 'Both where absent and both sides have both' }),
    protocol: z.union([z.enum(['tcp', 'udp', 'sctp', 'icmp', 'icmpv6']), z.int().min(0).max(255)]),
    port: z.int().min(1).max(65_535).optional(),
    icmpType: z.int().min(0).max(255).optional(),
    icmpCode: z.int().min(0).max(255).optional(),
  })
  .meta({ id: 'ExplainBody' });

const Side = z.strictObject({
  allowed: z.boolean(),
  groups: z.array(z.string()),
  group: z.string().optional(),
  rule: Rule.optional(),
});

export const Explanation = z
  .strictObject({
    verdicts: z.array(
      z.strictObject({
        family: z.literal([4, 6]),
        source: z.string(),
        destination: z.string(),
        allowed: z.boolean(),
        egress: Side.optional(),
        ingress: Side.optional(),
        sentences: z.array(z.string()).meta({ description: 'The same in words' }),
      }),
    ),
  })
  .meta({ id: 'Explanation' });

export const Status = z
  .strictObject({
    version: z.string(),
    backend: z.enum(['nft', 'legacy']).optional(),
    uptimeSeconds: z.int(),
    networks: z.int(),
    endpoints: z.int(),
    groups: z.int(),
    lists: z.int(),
    compiledRules: z.strictObject({ ipv4: z.int(), ipv6: z.int(), limit: z.int() }),
    /** What could not be written into the packet filter, and will be tried again. */
    pending: z.string().optional(),
  })
  .meta({ id: 'Status' });

export const DeniedPacket = z
  .strictObject({
    time: z.string().meta({ description: 'ISO 8601' }),
    source: z.string(),
    destination: z.string(),
    protocol: z.union([z.string(), z.int()]),
    port: z.int().optional(),
    icmpType: z.int().optional(),
    reason: z.string(),
    fromEndpoint: z.string().optional(),
    toEndpoint: z.string().optional(),
  })
  .meta({ id: 'DeniedPacket' });

export const Failure = z
  .strictObject({
    error: z.strictObject({
      kind: z.string(),
      message: z.string(),
      /** Where in the request's body, as in ["groups", "web", "rules", 2, "ports", 0]. */
      path: z.array(z.union([z.string(), z.int()])).optional(),
    }),
  })
  .meta({ id: 'Failure' });
