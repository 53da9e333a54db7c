import { setTimeout } from 'node:timers/promises';
import type { Netns } from './netns.ts';
import type { Flow } from './talker.ts';

/** What revoking came to, in milliseconds since the call began. */
export interface Revoked {
  readonly answered: number;
  /** When the last packet of a denied flow has arrived. */
  readonly last: number;
}

/** Does what denies these flows, and says when their last packet arrived, either way; looks for more than a second. */
export async function revoke(
  denied: readonly Flow[],
  work: () => Promise<unknown>,
  lastAt = (flow: Flow) => flow.lastAt(),
): Promise<Revoked> {
  const began = Date.now();
  await work();
  const answered = Date.now() - began;
  await setTimeout(1_200);
  const arrivals = await Promise.all(denied.map(lastAt));
  return { answered, last: Math.max(...arrivals) - began };
}

/** Every flow stopped within a second, and no later than its revocation was answered. */
export function expectRevoked({ answered, last }: Revoked): void {
  expect(last).toBeLessThan(1_000);
  // The clock that arrival is read from ticks when the process is given time.
  expect(last).toBeLessThan(answered + 150);
}

/** Ids of the connections that the kernel knows from these ports: a connection that was forgotten comes back as another. */
export async function connectionIds(host: Netns, from: readonly { readonly sourcePort?: number }[]): Promise<string[]> {
  const listed = await host.run('conntrack', '-L', '-o', 'id');
  return listed
    .split('\n')
    .filter((line) => from.some(({ sourcePort }) => line.includes(` sport=${sourcePort} `)))
    .flatMap((line) => / id=(\d+)/.exec(line)?.[1] ?? [])
    .sort();
}
