import type { ServerResponse } from 'node:http';
import { rowsOf } from '../../support/command-line.ts';
import { type Recorded, refuse } from './support/fake-plugin.ts';
import { runWith } from './support/run-with.ts';
import { OFFICES } from './support/sample.ts';

test('create and set send the entries as they were typed', async () => {
  const created = await runWith({ 'POST /v1/lists': OFFICES }, [
    'address-list',
    'create',
    'offices',
    '10.0.0.1',
    'fd00::/64',
  ]);
  const set = await runWith({ 'PUT /v1/lists/offices': OFFICES }, ['address-list', 'set', 'offices', '10.0.0.1']);

  expect(created.plugin.bodyOf('POST /v1/lists')).toEqual({ name: 'offices', entries: ['10.0.0.1', 'fd00::/64'] });
  expect(created.stdout).toBe('address list offices created: 3 entries\n');
  expect(set.plugin.requests).toMatchObject([{ line: 'PUT /v1/lists/offices', body: { entries: ['10.0.0.1'] } }]);
});

test('list, show and delete', async () => {
  const listed = await runWith({ 'GET /v1/lists': [OFFICES] }, ['address-list', 'list']);
  const shown = await runWith({ 'GET /v1/lists/offices': OFFICES }, ['address-list', 'show', 'offices']);
  const deleted = await runWith({ 'DELETE /v1/lists/offices': {} }, ['address-list', 'delete', 'offices']);

  expect(rowsOf(listed.stdout)).toEqual(['NAME ENTRIES USED BY', 'offices 3 web']);
  expect(rowsOf(shown.stdout)).toEqual(['address list offices', 'revision 5', 'named by web', '', ...OFFICES.entries]);
  expect([deleted.code, deleted.stdout]).toEqual([0, 'address list offices deleted\n']);
});

/** A list that `overtaken` times has another revision when it is written than when it was read. */
function editable(overtaken: number) {
  let revision = OFFICES.revision;
  let refusals = overtaken;
  return {
    'GET /v1/lists/offices': (_: Recorded, response: ServerResponse) => {
      response.setHeader('etag', `"${revision}"`);
      response.end(JSON.stringify({ ...OFFICES, revision }));
    },
    'PUT /v1/lists/offices': ({ ifMatch }: Recorded, response: ServerResponse) => {
      if (refusals-- > 0) revision += 1;
      if (ifMatch === `"${revision}"`) response.end(JSON.stringify(OFFICES));
      else refuse(response, 412, 'the list has changed');
    },
  };
}

test('add writes what was there and what is new, once each, if nobody wrote in between', async () => {
  const { code, plugin } = await runWith(editable(0), [
    'address-list',
    'add',
    'offices',
    '10.0.0.1',
    'FD00:0::/64',
    '198.51.100.7',
  ]);

  expect(code).toBe(0);
  expect(plugin.requests[1]).toMatchObject({
    line: 'PUT /v1/lists/offices',
    ifMatch: '"5"',
    body: { entries: [...OFFICES.entries, '10.0.0.1/32'] },
  });
});

test('remove finds entries however they are spelled', async () => {
  const { plugin } = await runWith(editable(0), ['address-list', 'remove', 'offices', '198.51.100.7', 'fd00:0:0::/64']);

  expect(plugin.requests[1]?.body).toEqual({ entries: ['192.0.2.0/24'] });
});

test('remove of what is not there changes nothing', async () => {
  const { code, stderr, plugin } = await runWith(editable(0), [
    'address-list',
    'remove',
    'offices',
    '10.0.0.1',
    '192.0.2.0/24',
  ]);

  expect([code, plugin.lines]).toEqual([1, ['GET /v1/lists/offices']]);
  expect(stderr).toBe('drawbridge: address list offices has no entry 10.0.0.1/32: nothing was changed\n');
});

test('who is overtaken once reads again and writes what is there now', async () => {
  const { code, plugin } = await runWith(editable(1), ['address-list', 'add', 'offices', '10.0.0.1']);

  expect(code).toBe(0);
  expect(plugin.requests.map(({ line, ifMatch }) => [line.split(' ')[0], ifMatch])).toEqual([
    ['GET', undefined],
    ['PUT', '"5"'],
    ['GET', undefined],
    ['PUT', '"6"'],
  ]);
});

test('who is overtaken twice gives up and says so', async () => {
  const { code, stderr, plugin } = await runWith(editable(2), ['address-list', 'add', 'offices', '10.0.0.1']);

  expect([code, plugin.lines.length]).toEqual([1, 4]);
  expect(stderr).toContain('is being changed by somebody else: nothing was changed, try again');
});
