import type { Facts } from '../facts.ts';
import { type Finding, foundOr, ok, problem } from '../finding.ts';

export function pluginServes({ plugin: { health } }: Facts): readonly Finding[] {
  if ('unreachable' in health)
    return problem(health.unreachable, 'docker plugin ls shows it; docker plugin disable -f and enable start it anew');
  if ('reason' in health) {
    const todo = health.status === 'starting' ? 'ask again in some seconds' : 'it is tried again by itself';
    return problem(`the plugin does not serve calls (${health.status}): ${health.reason}`, todo);
  }
  if (health.problems.length === 0) return ok(`the plugin, ${health.version}, serves calls`);
  return health.problems.flatMap((each) => problem(each, "the plugin's log in the engine's says more"));
}

export const portsHeld = ({ plugin: { ports } }: Facts): readonly Finding[] =>
  foundOr(
    ports.flatMap((port) =>
      port.problem === undefined
        ? []
        : problem(port.problem, 'end who has it, or publish another port: the plugin takes it within half a minute'),
    ),
    `${ports.length} published ports, or rows of them, are held`,
  );
