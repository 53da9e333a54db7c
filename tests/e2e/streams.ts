import { HOST } from '../support/engine.ts';
import { Flow, type FlowRequest, type Talker } from '../support/talker.ts';
import { inGroups, type Stage } from './stage.ts';

const PORT = 7000;
/** On the host; what is sent there is for a container whose group does not permit it. */
const CLOSED_PORT = 7001;

const POLICY = `
groups:
  client:
    rules:
      - { direction: egress, remote: any }
  server:
    rules:
      - { direction: ingress, remote: group:client }
      - { direction: ingress, remote: 192.0.2.0/24 }
  closed:
    rules:
      - { direction: ingress, protocol: tcp, ports: [9], remote: group:client }
`;

/** What became of each stream: packets lost there and back, of what is permitted; packets that came, of what is denied. */
export interface Outcome {
  readonly lost: Readonly<Record<string, readonly [number, number]>>;
  readonly passed: Readonly<Record<string, number>>;
}

/** As it has to be, whatever happens to plugin and engine. */
export const UNHARMED: Outcome = {
  lost: {
    'udp over IPv4': [0, 0],
    'udp over IPv6': [0, 0],
    tcp: [0, 0],
    'udp to a port': [0, 0],
    'tcp to a port': [0, 0],
  },
  passed: { 'to a container': 0, 'to a port': 0 },
};

/** Containers `client`, `server` and `closed` on network n1, and numbered packets between them and from outside. */
export class Streams implements AsyncDisposable {
  private readonly made: AsyncDisposableStack;
  private readonly permitted: ReadonlyMap<string, Flow>;
  private readonly denied: ReadonlyMap<string, Flow>;

  private constructor(made: AsyncDisposableStack, permitted: Map<string, Flow>, denied: Map<string, Flow>) {
    this.made = made;
    this.permitted = permitted;
    this.denied = denied;
  }

  /** Resolves when all that is permitted is heard, and what is denied is being sent. Takes the subnets 10.84.N.0/24 and fd84:N::/64. */
  static async open(stage: Stage, number: number): Promise<Streams> {
    const { engine } = stage;
    await stage.network('n1', '--subnet', `10.84.${number}.0/24`, '--ipv6', '--subnet', `fd84:${number}::/64`);
    await stage.apply(POLICY);
    const published = [`${PORT}:${PORT}`, `${PORT}:${PORT}/udp`].flatMap((port) => ['-p', port]);
    const client = await stage.run('client', inGroups('n1', 'client'));
    const server = await stage.run('server', inGroups('n1', 'server'), ...published);
    const closed = await stage.run('closed', inGroups('n1', 'closed'), '-p', `${CLOSED_PORT}:${PORT}/udp`);
    await using made = new AsyncDisposableStack();
    const talkers = [client, server, closed].map((container) => container.streamTalker());
    const [from, at, behind, outside] = (await Promise.all([...talkers, engine.streamTalker()])).map((talker) =>
      made.use(talker),
    ) as [Talker, Talker, Talker, Talker];

    const [four = '', six = ''] = (await server.addresses()).map((address) => address.replace(/\/.*/, ''));
    const within = { from, at, port: PORT };
    const permitted = await opened({
      'udp over IPv4': { ...within, protocol: 'udp', to: four },
      'udp over IPv6': { ...within, protocol: 'udp', to: six },
      tcp: { ...within, protocol: 'tcp', to: four },
      'udp to a port': { ...within, from: outside, protocol: 'udp', to: HOST[4] },
      'tcp to a port': { ...within, from: outside, protocol: 'tcp', to: HOST[4] },
    });
    // Each packet from a port of its own: each would open a connection.
    const refused = { at: behind, protocol: 'udp', back: 0, fresh: true } as const;
    const denied = new Map([
      ['to a container', new Flow({ ...refused, from, to: await closed.address(), port: PORT })],
      ['to a port', new Flow({ ...refused, from: outside, to: HOST[4], port: CLOSED_PORT })],
    ]);
    await behind.listen('udp', PORT);
    for (const flow of denied.values()) await flow.start();
    return new Streams(made.move(), permitted, denied);
  }

  /** Ends the streams. Rejects where one of them was never sent or went silent before now. */
  async outcome(): Promise<Outcome> {
    const now = Date.now();
    await Promise.all([...this.permitted.values()].map((flow) => flow.untilHeard({ since: now })));
    const passed: Record<string, number> = {};
    for (const [name, flow] of this.denied) {
      await flow.hush('client');
      const { up } = await flow.accounts();
      if (up.sent < 10) throw new Error(`${name}: only ${up.sent} packets were sent`);
      passed[name] = up.heard;
    }
    const lost: Record<string, readonly [number, number]> = {};
    for (const [name, flow] of this.permitted) lost[name] = await flow.lost();
    return { lost, passed };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.made.disposeAsync();
  }
}

/** One after the other: a neighbour that is asked for by many at once keeps the last packet of each only. */
async function opened(requests: Readonly<Record<string, FlowRequest>>): Promise<Map<string, Flow>> {
  const flows = new Map<string, Flow>();
  for (const [name, request] of Object.entries(requests)) flows.set(name, await Flow.open(request));
  return flows;
}
