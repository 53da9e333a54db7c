import { KernelError } from '../errors.ts';
import { type Address, formatAddress } from '../model/address.ts';
import type { Run } from './run.ts';

/** The kernel's table of connections. */
export class Conntrack {
  private readonly run: Run;

  constructor(run: Run) {
    this.run = run;
  }

  /**
   * Forgets the connections that these addresses opened and those that they answered: whoever gets an address next must
   * not inherit what the last one was allowed. Two processes an address, at once.
   */
  async forget(addresses: readonly Address[]): Promise<void> {
    await Promise.all(
      addresses.flatMap((address) => ['--orig-src', '--reply-src'].map((side) => this.delete(address, side))),
    );
  }

  private async delete(address: Address, side: string): Promise<void> {
    const family = address.family === 4 ? 'ipv4' : 'ipv6';
    try {
      await this.run(['conntrack', '-D', '-f', family, side, formatAddress(address)]);
    } catch (error) {
      if (!(error instanceof KernelError && /\b0 flow entries have been deleted/.test(error.stderr))) throw error;
    }
  }
}
