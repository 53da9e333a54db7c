import type { Standing } from '../pending.ts';
import type { Methods } from '../rpc.ts';
import { adminMethod } from './decode.ts';

export interface Wellbeing {
  readonly version: string;
  readonly standing: () => Standing;
  readonly metrics: () => Promise<string>;
}

/** Methods that are answered always and at once, whatever became of the start. */
export const healthMethods = ({ version, standing, metrics }: Wellbeing): Methods => ({
  health: adminMethod('health', () => {
    const now = standing();
    if ('reason' in now) return { ...now, version };
    return { status: now.problems.length > 0 ? 'degraded' : 'ok', version, ...now };
  }),
  metrics: adminMethod('metrics', async () => ({ text: await metrics() })),
});
