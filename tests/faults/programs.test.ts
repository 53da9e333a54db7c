import { disagreements } from '../support/agreement.ts';
import { FailPoints } from '../support/fail-points.ts';
import { FaultyPrograms, type Trouble } from '../support/faulty-programs.ts';
import { TestHost } from '../support/netns.ts';
import { PluginProcess } from '../support/plugin-process.ts';
import { settled } from '../support/settled.ts';
import { SimulatedEngine } from '../support/simulated-engine.ts';
import { pings } from '../support/traffic.ts';

/*
 * The programs that the plugin asks hang, fail, or say what makes no sense: who asks is told so in time, and once they
 * work again all is as if nothing had been. All at once, as most of it is waiting.
 */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  ip: ['ip'],
  nft: ['nft'],
  ipset: ['ipset'],
  conntrack: ['conntrack'],
  iptables: ['iptables-nft-save', 'iptables-nft-restore'],
};
const SENTENCES: Readonly<Record<Trouble, RegExp>> = {
  hangs: /killed by SIGKILL after 10000 ms|no answer within 24 s/,
  fails: /it is Sunday/,
  // Names of sets are words whatever they are.
  'prints garbage': /it prints something|doesn't exist/,
};
const TROUBLES = Object.keys(SENTENCES) as Trouble[];
/** Those that take longest first. */
const CASES = TROUBLES.flatMap((trouble) => Object.keys(PROGRAMS).map((program) => [program, trouble] as const));
/** The engine gives up after 30 s. */
const IN_TIME_MS = 29_000;

test.concurrent.each(CASES)(
  '%s %s',
  async (program, trouble) => {
    await using host = await TestHost.create();
    using programs = new FaultyPrograms(PROGRAMS[program] ?? []);
    await using plugin = PluginProcess.in(host.netns);
    await new FailPoints(plugin).start({ ...programs.env, GLANCE_MS: '1500' });
    await using engine = new SimulatedEngine(plugin, host.netns);
    const network = await engine.createNetwork({ subnets: [{ pool: '10.9.0.0/24' }] });
    const one = await engine.run(network);
    const slowest = timed(plugin);

    programs.begin(trouble);
    const calls = [
      engine.run(network, { ports: ['8080:80'] }).then((container) => engine.stop(container)),
      engine.createNetwork({ subnets: [{ pool: '10.8.0.0/24' }] }).then((other) => engine.removeNetwork(other)),
    ];
    const ended = await Promise.allSettled(calls);
    programs.end();

    expect(slowest()).toBeLessThan(IN_TIME_MS);
    const errors = ended.flatMap((one) => (one.status === 'rejected' ? [String(one.reason.message)] : []));
    for (const error of errors) expect(error).toMatch(SENTENCES[trouble]);
    const two = await engine.run(network, { ports: ['8081:80'] });
    expect(await pings(one.sandbox, two.addresses[0] ?? '')).toBe(true);
    await engine.stop(two);
    expect(await settled(() => disagreements(host.netns, plugin), 60_000)).toEqual([]);
    // What conntrack does for a container that ends comes behind the answers.
    const behind = plugin.log.filter(({ message }) => message.startsWith('not removed'));
    if (trouble !== 'prints garbage') expect(program === 'conntrack' ? behind : errors).not.toEqual([]);
  },
  180_000,
);

/** Returns how many milliseconds the slowest call took from now on. */
function timed(plugin: PluginProcess): () => number {
  const call = plugin.call.bind(plugin);
  let slowest = 0;
  plugin.call = async (...request) => {
    const began = performance.now();
    const answer = await call(...request);
    slowest = Math.max(slowest, performance.now() - began);
    return answer;
  };
  return () => slowest;
}
