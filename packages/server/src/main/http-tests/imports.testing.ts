/** For each operation of imports, tasks and stores a request that succeeds. */
import type { Answer } from './http-client.testing.ts';
import { absentId, createImage } from './images.testing.ts';
import type { RunningService } from './running-service.testing.ts';
import { settled } from './several-stores.testing.ts';

const octets = { 'content-type': 'application/octet-stream' };

/** The service has the stores `fast`, which is the default, and `slow`. */
export function importSuccesses(service: () => RunningService) {
  function stage(id: string): Promise<Answer> {
    return service().send(`PUT /v2/images/${id}/stage`, { body: 'ten bytes!', headers: octets });
  }

  function importInto(id: string, stores: readonly string[]): Promise<Answer> {
    const json = { method: { name: 'glance-direct' }, stores };
    return service().send(`POST /v2/images/${id}/import`, { json });
  }

  async function inTwoStores(): Promise<string> {
    const id = await createImage(service());
    await stage(id);
    await importInto(id, ['fast', 'slow']);
    await settled(service(), id);
    return id;
  }

  function newTask(): Promise<Answer> {
    const input = { import_from: 'http://mirror.invalid/x', import_from_format: 'raw', image_properties: {} };
    return service().send('POST /v2/tasks', { as: 'admin', json: { type: 'import', input } });
  }

  return {
    stageImageData: async () => stage(await createImage(service())),
    importImage: async () => {
      const id = await createImage(service());
      await stage(id);
      return importInto(id, ['fast']);
    },
    listImageTasks: async () => service().send(`GET /v2/images/${await inTwoStores()}/tasks`),
    listTasks: async () => {
      await newTask();
      return service().send('GET /v2/tasks?limit=2', { as: 'admin' });
    },
    createTask: newTask,
    showTask: async () => {
      const { id } = (await newTask()).json();
      return service().send(`GET /v2/tasks/${String(id)}`, { as: 'admin' });
    },
    deleteTask: () => service().send(`DELETE /v2/tasks/${absentId}`, { as: 'admin' }),
    deleteImageFromStore: async () => service().send(`DELETE /v2/stores/slow/${await inTwoStores()}`, { as: 'admin' }),
    showImportInfo: () => service().send('GET /v2/info/import'),
    listStores: () => service().send('GET /v2/info/stores'),
    listStoresDetail: () => service().send('GET /v2/info/stores/detail', { as: 'admin' }),
    showUsage: () => service().send('GET /v2/info/usage'),
  };
}
