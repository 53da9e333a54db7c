import { createSocket, type Socket as Datagrams } from 'node:dgram';
import { createConnection, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/*
 * Runs inside a namespace: talks to others in numbered packets over UDP and TCP, and listens for theirs. Every packet says
 * `FLOW NUMBER BACK`: who hears the first of a flow and is no talker himself answers with a stream of his own, one every
 * BACK milliseconds, and goes on when he hears no more. Commands come in as JSON lines, each is answered by one.
 */

export type Command =
  | { readonly order: 'listen'; readonly protocol: 'udp' | 'tcp'; readonly port: number }
  | ({ readonly order: 'talk' } & Talk)
  /** Sends no more. */
  | { readonly order: 'hush'; readonly flow: string }
  /** Forgets the socket at once; what it may have to say to the other side is said. */
  | { readonly order: 'close'; readonly flow: string }
  | { readonly order: 'report'; readonly flows: readonly string[] };

export interface Talk {
  readonly flow: string;
  readonly protocol: 'udp' | 'tcp';
  readonly to: string;
  readonly port: number;
  /** Chosen by the system where absent. */
  readonly sourcePort?: number;
  /** Milliseconds between two packets, from here and from there; 0 there for none. */
  readonly every: number;
  readonly back: number;
  /** UDP: each packet from a port of its own, so that each opens a connection. */
  readonly fresh?: boolean;
}

/** What one side knows of a flow. */
export interface Account {
  readonly sent: number;
  /** How many different numbers have come. */
  readonly heard: number;
  /** When the last came, in milliseconds since the epoch. */
  readonly lastAt: number;
  /** The longest time between two. */
  readonly silence: number;
}

class Flow {
  sent = 0;
  lastAt = 0;
  silence = 0;
  readonly heard = new Set<number>();
  close: () => void = () => {};
  private timer: NodeJS.Timeout | undefined;

  speak(every: number, send: (number: number) => void): void {
    if (every === 0 || this.timer) return;
    this.timer = setInterval(() => {
      this.sent += 1;
      send(this.sent);
    }, every);
  }

  hush(): void {
    clearInterval(this.timer);
  }

  note(number: number): void {
    const now = Date.now();
    if (this.lastAt > 0) this.silence = Math.max(this.silence, now - this.lastAt);
    this.lastAt = now;
    this.heard.add(number);
  }

  account(): Account {
    return { sent: this.sent, heard: this.heard.size, lastAt: this.lastAt, silence: this.silence };
  }
}

const flows = new Map<string, Flow>();

function flowNamed(name: string): Flow {
  const flow = flows.get(name) ?? new Flow();
  flows.set(name, flow);
  return flow;
}

/** Notes a packet, and speaks up where it is the first of its flow. */
function hear(text: string, send: (text: string) => void, close: () => void): void {
  const [name = '', number, back] = text.split(' ');
  const flow = flowNamed(name);
  flow.note(Number(number));
  if (back === undefined) return;
  flow.close = close;
  flow.speak(Number(back), (count) => send(`${name} ${count}`));
}

function hearLines(socket: Socket): void {
  socket.setNoDelay().on('error', () => socket.destroy());
  const send = (text: string) => void (socket.writable && socket.write(`${text}\n`));
  createInterface({ input: socket })
    .on('line', (line) => hear(line, send, () => socket.resetAndDestroy()))
    .on('error', () => {});
}

function hearDatagrams(socket: Datagrams): void {
  socket.on('error', () => {});
  socket.on('message', (text, { port, address }) =>
    hear(
      String(text),
      (reply) => socket.send(reply, port, address, () => {}),
      () => {},
    ),
  );
}

function listen({ protocol, port }: Command & { order: 'listen' }): Promise<void> {
  return new Promise((resolve, reject) => {
    if (protocol === 'tcp') createServer(hearLines).once('error', reject).listen(port, '::', resolve);
    else {
      const socket = createSocket('udp6').once('error', reject);
      hearDatagrams(socket);
      socket.bind(port, '::', resolve);
    }
  });
}

function talk(request: Talk): void {
  if (request.protocol === 'tcp') talkTcp(request);
  else if (request.fresh) talkAnew(request);
  else talkUdp(request);
}

function talkTcp({ flow: name, to, port, sourcePort, every, back }: Talk): void {
  const socket = createConnection({ host: to, port, ...(sourcePort && { localPort: sourcePort }) });
  const flow = flowNamed(name);
  flow.close = () => socket.resetAndDestroy();
  hearLines(socket);
  socket.once('connect', () =>
    flow.speak(every, (number) => void (socket.writable && socket.write(`${name} ${number} ${back}\n`))),
  );
}

/** Of one family alone, so that a port of the other is another port. */
const datagramsTo = (to: string) =>
  to.includes(':') ? createSocket({ type: 'udp6', ipv6Only: true }) : createSocket('udp4');

function talkUdp({ flow: name, to, port, sourcePort = 0, every, back }: Talk): void {
  const socket = datagramsTo(to);
  hearDatagrams(socket);
  const flow = flowNamed(name);
  flow.close = () => socket.close();
  socket.bind(sourcePort, () =>
    flow.speak(every, (number) => socket.send(`${name} ${number} ${back}`, port, to, () => {})),
  );
}

function talkAnew({ flow: name, to, port, every }: Talk): void {
  flowNamed(name).speak(every, (number) => {
    const socket = datagramsTo(to);
    socket.send(`${name} ${number} 0`, port, to, () => socket.close());
  });
}

async function obey(command: Command): Promise<unknown> {
  switch (command.order) {
    case 'listen':
      return listen(command);
    case 'talk':
      return talk(command);
    case 'hush':
      return flows.get(command.flow)?.hush();
    case 'close':
      flows.get(command.flow)?.hush();
      flows.get(command.flow)?.close();
      return flows.delete(command.flow);
    case 'report':
      return command.flows.map((name) => (flows.get(name) ?? new Flow()).account());
  }
}

// One after the other: the answers come in the order of the commands.
let done: Promise<unknown> = Promise.resolve();
createInterface({ input: process.stdin }).on('line', (line) => {
  done = done
    .then(() => obey(JSON.parse(line)))
    .then(
      (answer) => console.log(JSON.stringify({ answer })),
      (error) => console.log(JSON.stringify({ error: error.message })),
    );
});
console.log('{}');
