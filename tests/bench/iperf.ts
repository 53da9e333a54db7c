import { availableParallelism } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { command } from '../support/engine-command.ts';
import type { Inside } from './served.ts';

export const IPERF_PORT = 5201;

export const IPERF_SERVER = ['iperf3', '--server', '--forceflush', '--port', `${IPERF_PORT}`];

/** Whom a client asks, and how much it sends: iperf3's --time or --bytes. */
export interface Request {
  readonly from: Inside;
  readonly address: string;
  readonly port: number;
  readonly amount: readonly string[];
}

/** What we read of iperf3's --json. */
interface Report {
  readonly error?: string;
  readonly end: {
    readonly sum_received?: { readonly bits_per_second: number };
    readonly sum?: { readonly seconds: number; readonly packets: number; readonly lost_packets: number };
  };
}

/** Gbit/s that arrive over one TCP connection. */
export async function tcpThroughput(request: Request): Promise<number> {
  const { end } = await ask(request);
  return (end.sum_received?.bits_per_second ?? Number.NaN) / 1e9;
}

/** Datagrams of 64 bytes a second that arrive, in thousands, while as many are sent as go. */
export async function smallPackets(request: Request): Promise<number> {
  const { sum } = (await ask(request, '--udp', '--bitrate', '0', '--length', '64')).end;
  return sum ? (sum.packets - sum.lost_packets) / sum.seconds / 1_000 : Number.NaN;
}

/** Client and server each on a processor of its own, where there are two. */
const PLACES = availableParallelism() > 1 ? ['--affinity', '0,1'] : [];

async function ask({ from, address, port, amount }: Request, ...more: string[]): Promise<Report> {
  const argv = from('iperf3', '--json', '--client', address, '--port', `${port}`, ...amount, ...PLACES, ...more);
  for (let tries = 0; ; tries += 1) {
    try {
      return JSON.parse(await command(argv)) as Report;
    } catch (error) {
      // The server is still busy with the client before.
      if (tries === 20) throw error;
      await setTimeout(50);
    }
  }
}
