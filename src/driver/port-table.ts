import { collide, type HostPort, type PublishedPorts } from '../model/port-binding.ts';

/** Which endpoint has which port of the host: each look-up is a map's, however many are published. */
export class PortTable {
  private readonly byNumber = new Map<string, { readonly port: HostPort; readonly endpointId: string }[]>();

  constructor(published: Iterable<Pick<PublishedPorts, 'endpointId' | 'bindings'>>) {
    for (const { endpointId, bindings } of published) for (const port of bindings) this.claim(port, endpointId);
  }

  /** The endpoint that has it, or another that no socket could have beside it. */
  holderOf(port: HostPort): string | undefined {
    return this.byNumber.get(keyOf(port))?.find((entry) => collide(entry.port, port))?.endpointId;
  }

  claim(port: HostPort, endpointId: string): void {
    const key = keyOf(port);
    this.byNumber.set(key, [...(this.byNumber.get(key) ?? []), { port, endpointId }]);
  }

  /** Whether just this port is the endpoint's. */
  isOf(port: HostPort, endpointId: string): boolean {
    const entries = this.byNumber.get(keyOf(port)) ?? [];
    return entries.some((entry) => entry.endpointId === endpointId && entry.port.hostAddress === port.hostAddress);
  }

  free(port: HostPort, endpointId: string): void {
    const key = keyOf(port);
    const rest = this.byNumber
      .get(key)
      ?.filter((entry) => entry.endpointId !== endpointId || !collide(entry.port, port));
    if (rest?.length) this.byNumber.set(key, rest);
    else this.byNumber.delete(key);
  }
}

const keyOf = ({ protocol, hostPort }: HostPort) => `${hostPort}/${protocol}`;
