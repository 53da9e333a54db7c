import { setTimeout } from 'node:timers/promises';
import type { Plan } from '../plan.ts';
import { inTurn, type Sample, type Samples, type Side } from '../rounds.ts';
import { program, Served } from '../served.ts';
import { BY_MEMBERS } from './policy.ts';
import { monotonicMs, Stream } from './stream.ts';
import { columnOf, type World } from './world.ts';

const PORT = 7_000;
/** Between two packets: what a time can be wrong by. */
const EVERY_S = 0.000_5;
/** Without a packet for so long, a stream has ended. */
const QUIET_S = 0.05;

/**
 * Time until packets pass after a rule was added, and until none does after it was deleted, by the group's members; all on
 * one host, so that nothing else differs.
 */
export function ruleChanges(world: World, { rounds, warmUp, members }: Plan): Promise<Samples<string>> {
  const sides = members.map((count): [string, Side] => [columnOf(count), change(world, BY_MEMBERS[count])]);
  return inTurn({ rounds: rounds.rules, warmUp }, Object.fromEntries(sides));
}

/** The group's members may send to each other, and then not any more. */
function change({ admin, client, server, address }: World, group: string): Side {
  const rule = { direction: 'ingress', protocol: 'udp', ports: [PORT], remote: `group:${group}` };
  return async (): Promise<Sample> => {
    await using watch = await Served.start(server.sandbox.inside(...program('watch', PORT, QUIET_S)));
    await using _sender = await Served.start(client.sandbox.inside(...program('send', address, PORT, EVERY_S)));
    const stream = new Stream(watch);
    const added = monotonicMs();
    const { rules } = await admin.must('POST', `/groups/${group}/rules`, rule);
    const begun = await stream.begunAfter(added);
    const { id } = rules.find((one: { protocol?: string }) => one.protocol === 'udp');
    await setTimeout(50);
    const deleted = monotonicMs();
    await admin.must('DELETE', `/groups/${group}/rules/${id}`);
    const ended = await stream.ended(QUIET_S);
    return { granted: begun - added, revoked: ended - deleted, both: begun - added + ended - deleted };
  };
}
