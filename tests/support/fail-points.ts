import { inject, wasReached } from './injected-fault.ts';
import { type PluginProcess, WITH_FAIL_POINTS } from './plugin-process.ts';

/** What happens at a step: the process dies, that step fails, or it and all that follow do. */
export const WAYS = ['killed', 'failing once', 'failing from then on'] as const;
export type Way = (typeof WAYS)[number];

/** What came of a call with a fault. */
export interface Outcome {
  /** Whether the call has so many steps. */
  readonly reached: boolean;
  /** Why it was refused; 'no answer' where the process died. */
  readonly refused?: string;
}

/** A plugin that can be made to fail at any step between a request and its answer. It sweeps often. */
export class FailPoints {
  private readonly plugin: PluginProcess;
  private readonly file: string;

  constructor(plugin: PluginProcess) {
    this.plugin = plugin;
    this.file = `${plugin.socket}.fault`;
  }

  async start(env: Record<string, string> = {}): Promise<void> {
    await this.plugin.start({ FAULT: this.file, SWEEP_MS: '150', ...env }, WITH_FAIL_POINTS);
  }

  /** Does the work with a fault, and starts the plugin again where that has killed it, as the engine does. */
  async during(at: number, way: Way, work: () => Promise<unknown>): Promise<Outcome> {
    inject(this.file, {
      kind: way === 'killed' ? 'kill' : 'either',
      at,
      ...(way === 'failing from then on' && { lasting: true }),
    });
    const refused = await work().then(
      () => undefined,
      (error: NodeJS.ErrnoException) => (isBroken(error) ? 'no answer' : error.message),
    );
    const reached = wasReached(this.file);
    inject(this.file, undefined);
    if (!reached && refused !== undefined) throw new Error(`it fails without a fault: ${refused}`);
    if (reached && way === 'killed') await this.startAgain();
    return { reached, ...(refused !== undefined && { refused }) };
  }

  private async startAgain(): Promise<void> {
    await this.plugin.kill('SIGKILL');
    await this.start();
    await this.plugin.must('NetworkDriver.GetCapabilities');
    await this.plugin.must('IpamDriver.GetCapabilities');
  }
}

const isBroken = (error: NodeJS.ErrnoException) => error.code === 'ECONNRESET' || error.message === 'socket hang up';
