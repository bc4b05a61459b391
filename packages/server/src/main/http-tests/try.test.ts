import { expect, test } from 'vitest';
import { runService } from './running-service.testing.ts';
test('x', async () => {
  const t0 = performance.now();
  const s = await runService();
  console.log(performance.now() - t0);
  const a = await s.send('POST /v2/images', { json: { name: 'x', disk_format: 'raw', container_format: 'bare' } });
  console.log(a.status, a.headers, a.text);
  const id = a.json()['id'];
  console.log((await s.send(`PUT /v2/images/${id}/file`, { body: 'hallo', headers: { 'content-type': 'application/octet-stream' } })).status);
  const d = await s.send(`GET /v2/images/${id}/file`);
  console.log(d.status, d.headers, d.text);
  const o = await s.send(`HEAD /v2/images/${id}/file`);
  console.log(o.status, o.headers, o.text);
  for (const r of ['OPTIONS /v2/images', 'PROPFIND /versions', 'PROPFIND /v2/images', 'PROPFIND /v2/foo','PUT /v2', 'GET /v2/', 'GET /v2/images/%ff', 'GET /v2/images/a%252Fb', 'GET http://foo/v2/images']) {
    const x = await s.send(r, {headers: {accept: 'application/json'}});
    console.log(r, x.status, x.headers, x.text.slice(0,100));
  }
  console.log(s.log);
  await s.close();
  console.log(performance.now() - t0);
});
