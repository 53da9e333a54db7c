import * as z from 'zod';

/* The host's network as the plugin sees it, in the words of the admin API: facts, no judgement. */

const Link = z.strictObject({ name: z.string(), mtu: z.int().meta({ description: 'Bytes' }) });

export const Host = z
  .strictObject({
    backend: z
      .enum(['nft', 'legacy'])
      .optional()
      .meta({ description: 'The iptables in use; absent before the first network' }),
    families: z.array(
      z.strictObject({
        family: z.literal([4, 6]),
        forwarding: z.boolean().optional(),
        forwardPolicy: z.string().optional().meta({ description: 'Of FORWARD in the filter table: ACCEPT or DROP' }),
        bridgesFiltered: z
          .boolean()
          .optional()
          .meta({ description: 'bridge-nf-call-iptables or -ip6tables; absent where br_netfilter is not loaded' }),
        neighbourLimit: z.int().optional().meta({ description: 'gc_thresh3: of all network namespaces together' }),
      }),
    ),
    routes: z.array(z.strictObject({ to: z.string(), dev: z.string().optional() })),
    uplinks: z.array(Link).meta({ description: 'Where default routes lead' }),
    bridges: z.array(Link).meta({ description: "The networks' own" }),
    conntrack: z.strictObject({ entries: z.int(), limit: z.int() }).optional(),
  })
  .meta({ id: 'Host' });
