import type { Guard } from '../../../src/kernel/guard.ts';
import { type GuardElement, guardElements } from '../../../src/plan/guard.ts';
import { difference } from './difference.ts';
import type { Stored } from './stored.ts';

/** Whether the guard is whole and knows just the endpoints that there are. */
export async function wrongGuard(guard: Guard, { network, endpoint }: Stored): Promise<string[]> {
  const found = await guard.read();
  if (network.length === 0) return found ? ['the guard is left'] : [];
  const wanted = endpoint.flatMap((one) =>
    guardElements(
      one,
      network.find(({ id }) => id === one.networkId),
    ),
  );
  return [
    ...(found?.intact ? [] : ['the guard is not intact']),
    ...difference('guard element', wanted.map(spell), (found?.elements ?? []).map(spell)),
  ];
}

const spell = (element: GuardElement) => JSON.stringify(element);
