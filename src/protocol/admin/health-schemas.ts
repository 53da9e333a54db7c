import * as z from 'zod';

/* How the plugin is, in the words of the admin API. */

export const Health = z
  .strictObject({
    status: z.enum(['ok', 'degraded']),
    version: z.string(),
    problems: z.array(z.string()).meta({ description: 'A sentence each; none where the status is ok' }),
  })
  .meta({ id: 'Health', description: 'Of a plugin that serves calls' });

export const NotServing = z
  .strictObject({
    status: z.enum(['starting', 'failed']),
    version: z.string(),
    reason: z.string().meta({ description: 'A sentence. A start that has failed is tried again' }),
  })
  .meta({ id: 'NotServing', description: 'Of a plugin whose start is under way, or has failed' });
