import type { Container } from '../support/docker-container.ts';
import { HOST, OUTSIDE } from '../support/engine.ts';
import type { PortTalker } from '../support/port-talker.ts';
import type { Stage } from './stage.ts';

const LOOPBACK = { 4: '127.0.0.1', 6: '::1' } as const;

/** A SYN that a busy machine has lost comes again after a second; where nothing is forwarded for two, that is a fault. */
export const SOON_MS = 2_500;

/** What each way to a port was told: `loopback, udp over IPv6` to `one from 10.80.1.1`. */
type Told = Readonly<Record<string, string>>;

const WAYS = (['outside', 'host', 'loopback'] as const).flatMap((place) =>
  (['tcp', 'udp'] as const).flatMap((protocol) =>
    ([4, 6] as const).map((family) => ({ place, protocol, family, name: `${place}, ${protocol} over IPv${family}` })),
  ),
);
type Way = (typeof WAYS)[number];

/** What every way is told where the port is that of a container, which sees its gateway where the plugin relays. */
export const everybody = (name: string, gateway: string): Told =>
  told(
    ({ place, family }) => `${name} from ${{ outside: OUTSIDE[family], host: HOST[family], loopback: gateway }[place]}`,
  );

/** What every way is told where nobody listens. */
export const nobody: Told = told(() => 'refused');

export function told(answer: (way: Way) => string): Told {
  return Object.fromEntries(WAYS.map((way) => [way.name, answer(way)]));
}

/** Somebody outside and somebody on the host who ask for ports, and containers that serve them. */
export class PublishedStage implements AsyncDisposable {
  readonly outside: PortTalker;
  readonly host: PortTalker;
  private readonly stage: Stage;
  private readonly made = new AsyncDisposableStack();

  private constructor(stage: Stage, outside: PortTalker, host: PortTalker) {
    this.stage = stage;
    this.outside = this.made.use(outside);
    this.host = this.made.use(host);
  }

  static async open(stage: Stage): Promise<PublishedStage> {
    const { engine } = stage;
    return new PublishedStage(stage, await engine.talker('outside'), await engine.talker('host'));
  }

  /** Starts a container that says its name on port 8080, tcp and udp. */
  async run(name: string, network: string, ...args: string[]): Promise<Container> {
    const container = await this.stage.run(name, network, ...args);
    await this.serve(container);
    return container;
  }

  /** To be done again when the container was started again. */
  async serve(container: Container, ports: readonly number[] = [8080]): Promise<PortTalker> {
    const talker = this.made.use(await container.talker());
    for (const port of ports) await talker.serve(port, container.name);
    return talker;
  }

  /** Asks for a port of the host's in every way. */
  async told(port: number): Promise<Told> {
    const asked = WAYS.map(async ({ place, protocol, family, name }) => {
      const { [family]: to } = place === 'loopback' ? LOOPBACK : HOST;
      return [name, await this[place === 'outside' ? 'outside' : 'host'].ask(protocol, to, port, SOON_MS)] as const;
    });
    return Object.fromEntries(await Promise.all(asked));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.made.disposeAsync();
  }
}
