import { mkdirSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { dirname } from 'node:path';

/** Leaves only the owner of a new file, who is root, to read and write it. */
const OWNER_ALONE = 0o177;

/**
 * Serves on a unix socket that root alone may connect to, as whoever can, rules the host's network. A socket file that a
 * killed process left behind is taken over.
 */
export function listen(path: string, handle: RequestListener): Promise<Server> {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  // The engine keeps connections open and sends slowly when busy: no time-out of ours may cut one off.
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, handle);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // The socket is made within the call, with what the mask leaves: there is no moment in which others may connect.
    const mask = process.umask(OWNER_ALONE);
    server.listen(path, () => resolve(server));
    process.umask(mask);
  });
}
