import winston from 'winston';

/** One line per event, JSON: the engine copies our stdout into its own log, and a line over 64 KiB would stop 20.10. */
export type Log = winston.Logger;

const LONGEST_TEXT = 2000;

const shorten = winston.format((entry) => {
  for (const [name, value] of Object.entries(entry)) {
    if (typeof value === 'string' && value.length > LONGEST_TEXT) entry[name] = `${value.slice(0, LONGEST_TEXT)}...`;
  }
  return entry;
});

/** Levels as in winston: error, warn, info, debug. */
export function createLog(level: string): Log {
  return winston.createLogger({
    level,
    format: winston.format.combine(shorten(), winston.format.json()),
    transports: [new winston.transports.Console()],
  });
}
