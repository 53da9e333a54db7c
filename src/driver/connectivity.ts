import { PluginError } from '../errors.ts';

/** A port that the user wants published, as far as this version looks at it. */
export interface PortBinding {
  readonly protocol: number;
  readonly port: number;
  readonly hostPort: number;
}

/**
 * External connectivity. The engine asks for it whenever an endpoint becomes its container's gateway, also without
 * ports; masquerading is the network's and already there.
 */
export class Connectivity {
  program(bindings: readonly PortBinding[]): void {
    const [first] = bindings;
    if (!first) return;
    // Better no container than one whose port silently is not there.
    throw new PluginError(
      'unsupported',
      `published ports (-p ${first.hostPort}:${first.port}) are not supported on this network yet; start the container without -p or -P`,
    );
  }
}
