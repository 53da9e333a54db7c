/**
 * What runs inside a namespace: serves ports and asks others, told line by line. `serve PROTOCOL PORT NAME` makes it answer
 * `NAME from ADDRESS`; `ask ID PROTOCOL ADDRESS PORT MILLISECONDS SOURCEPORT` prints `ID ANSWER`, where no answer in that time is `nothing`.
 */
export const PORT_TALKER = `
  const net = require('node:net');
  const dgram = require('node:dgram');
  const plain = (address) => (address || '?').replace('::ffff:', '');

  const serve = {
    tcp: (port, name, ready) => {
      const server = net.createServer((socket) => {
        socket.on('error', () => {});
        socket.end(name + ' from ' + plain(socket.remoteAddress));
      });
      server.listen(port, '::', ready);
    },
    udp: (port, name, ready) => {
      const socket = dgram.createSocket('udp6');
      socket.on('message', (_, peer) => socket.send(name + ' from ' + plain(peer.address), peer.port, peer.address));
      socket.bind(port, '::', ready);
    },
  };

  const ask = {
    tcp: (address, port, answer, localPort) => {
      const socket = net.connect({ port, host: address, ...(localPort && { localPort }) });
      let heard = '';
      socket.on('data', (text) => { heard += text; });
      socket.on('end', () => answer(heard || 'reset'));
      socket.on('error', ({ code }) => answer(code === 'ECONNREFUSED' || code === 'ECONNRESET' ? 'refused' : 'nothing'));
      return () => socket.destroy();
    },
    udp: (address, port, answer, localPort) => {
      const socket = dgram.createSocket(net.isIPv6(address) ? 'udp6' : 'udp4');
      socket.on('message', (text) => answer(String(text)));
      socket.on('error', () => answer('refused'));
      const send = (error) => (error ? answer('nothing') : socket.send('?'));
      socket.bind(localPort, () => socket.connect(port, address, send));
      return () => { try { socket.close(); } catch {} };
    },
  };

  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const [verb, ...words] = line.split(' ');
    if (verb === 'serve') {
      const [protocol, port, name] = words;
      serve[protocol](Number(port), name, () => console.log('serving ' + protocol + ' ' + port));
      return;
    }
    const [id, protocol, address, port, patience, sourcePort] = words;
    let over = false;
    const done = (text) => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      stop();
      console.log(id + ' ' + text);
    };
    const timer = setTimeout(() => done('nothing'), Number(patience));
    const stop = ask[protocol](address, Number(port), (text) => setImmediate(done, text), Number(sourcePort));
  }).on('close', () => process.exit());
  console.log('ready');
`;
