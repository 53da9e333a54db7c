import { createServer, type Server } from 'node:net';
import { PluginError } from '../errors.ts';

/** An abstract socket: its name is known in the network namespace, and goes with the process however that ends. */
const NAME = '\0drawbridge';

/** The right to change this host's network: two of us would sweep each other's links and rules. */
export class HostClaim {
  private server: Server | undefined;

  /** Rejects with `conflict` where another process has it. May be called again. */
  async take(): Promise<void> {
    if (this.server) return;
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) => {
        const sentence =
          'another Drawbridge plugin is enabled on this host; disable it with docker plugin disable -f first';
        reject(new PluginError('conflict', sentence, { cause }));
      });
      server.listen(NAME, resolve);
    });
    this.server = server;
  }

  drop(): void {
    this.server?.close();
    this.server = undefined;
  }
}
