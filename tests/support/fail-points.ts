import { existsSync, rmSync, writeFileSync } from 'node:fs';
import type { PluginProcess } from './plugin-process.ts';

export const WITH_FAIL_POINTS = 'tests/support/main-with-fail-points.ts';

/** What happens at a step: the process dies, that step fails, or it and all that follow do. */
export type Way = 'killed' | 'failing once' | 'failing';

/**
 * Faults of a plugin that runs main-with-fail-points.ts, told to it in files: FAIL_AT holds the number of a step from now
 * on and the way in which it fails; CLOCK by how many milliseconds the clock is fast; while BROKEN holds a number other
 * than 0, no command can be run.
 */
export class FailPoints {
  readonly env: Record<string, string>;
  private readonly file: string;
  private readonly plugin: PluginProcess;

  constructor(plugin: PluginProcess, env: Record<string, string> = {}) {
    this.plugin = plugin;
    this.file = `${plugin.socket}.fail`;
    this.env = { FAIL_AT: this.file, CLOCK: `${plugin.socket}.clock`, BROKEN: `${plugin.socket}.broken`, ...env };
  }

  async start(): Promise<void> {
    await this.plugin.start(this.env, WITH_FAIL_POINTS);
  }

  /** As the engine does where the process has died. */
  async startAgain(): Promise<void> {
    await this.plugin.kill('SIGKILL');
    await this.start();
    await this.plugin.must('NetworkDriver.GetCapabilities');
    await this.plugin.must('IpamDriver.GetCapabilities');
  }

  /** Does the work with a fault; says whether the step was reached, and whether all was well from the outside. */
  async during(step: number, way: Way, work: () => Promise<unknown>): Promise<{ reached: boolean; succeeded: boolean }> {
    writeFileSync(this.file, `${step} ${way.replace(' ', '-')}`);
    const succeeded = await work().then(
      () => true,
      () => false,
    );
    rmSync(this.file);
    const reached = existsSync(`${this.file}.reached`);
    rmSync(`${this.file}.reached`, { force: true });
    if (!reached && !succeeded) throw new Error(`it fails without a fault at step ${step}`);
    return { reached, succeeded };
  }
}
