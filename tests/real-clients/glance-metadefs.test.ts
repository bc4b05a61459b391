/** Metadata definitions, as `glance` looks after them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requirePackages } from '../support/debian-packages.ts';
import { fieldsOf, rowsOf, startGlanceCommands } from '../support/glance-commands.ts';
import type { GlanceCommands } from '../support/glance-commands.ts';
import { glance } from '../support/openstack-cli.ts';
import type { ClientRun, Cloud } from '../support/openstack-cli.ts';
import { startLucarne } from '../support/running-server.ts';
import type { RunningLucarne } from '../support/running-server.ts';

const hasClients = await requirePackages(['python3-glanceclient']);
const space = 'OS::Own::Racks';

/** What a command that worked printed; one that failed fails the test with what it said. */
function printed(run: ClientRun): string {
  expect(run.status, run.stderr).toBe(0);
  return run.stdout;
}

const namesOf = (table: string) => rowsOf(table).map(({ name, namespace }) => name ?? namespace);
const jsonOf = (value: unknown) => JSON.stringify(value);

describe.runIf(hasClients)('glance and metadata definitions', () => {
  let service: RunningLucarne;
  let login: Cloud;
  let admin: GlanceCommands;
  let demo: GlanceCommands;

  beforeAll(async () => {
    service = await startLucarne();
    login = { cloudsYaml: service.cloudsYaml };
    [admin, demo] = await Promise.all([
      startGlanceCommands(login),
      startGlanceCommands({ ...login, cloud: 'lucarne-demo' }),
    ]);
  });

  afterAll(async () => {
    await Promise.all([admin?.stop(), demo?.stop()]);
    await service?.stop();
  });

  test('create, show, list and update a namespace', async () => {
    const texts = ['--display-name', 'Racks', '--description', 'Where hosts stand'];
    const created = fieldsOf(printed(await admin.run('md-namespace-create', ...texts, space)));
    expect(created).toMatchObject({ namespace: space, visibility: 'private', protected: 'False' });
    expect((await admin.run('md-namespace-create', space)).stderr).toContain('409');
    expect((await demo.run('md-namespace-create', 'Not::Mine')).stderr).toContain('403');
    expect(namesOf(printed(await demo.run('md-namespace-list')))).toEqual([]);
    expect((await demo.run('md-namespace-show', space)).stderr).toContain('404');

    printed(await admin.run('md-namespace-update', '--visibility', 'public', '--protected', 'True', space));
    expect(fieldsOf(printed(await demo.run('md-namespace-show', space)))).toMatchObject({
      display_name: 'Racks',
      visibility: 'public',
      protected: 'True',
    });
    expect(namesOf(printed(await demo.run('md-namespace-list', '--visibility', 'public')))).toEqual([space]);
    expect((await admin.run('md-namespace-delete', space)).stderr).toContain('403');
    printed(await admin.run('md-namespace-update', '--protected', 'False', space));
  });

  test('create, show, list, update and delete properties', async () => {
    const schema = { type: 'integer', minimum: 1, maximum: 48, description: 'From below' };
    const unit = ['--name', 'unit', '--title', 'Unit', '--schema', jsonOf(schema)];
    expect(fieldsOf(printed(await admin.run('md-property-create', ...unit, space)))).toMatchObject({
      name: 'unit',
      type: 'integer',
      maximum: '48',
    });
    const row = ['--name', 'row', '--title', 'Row', '--schema', jsonOf({ type: 'string', enum: ['a', 'b'] })];
    printed(await admin.run('md-property-create', ...row, space));
    expect(rowsOf(printed(await demo.run('md-property-list', space)))).toEqual([
      { name: 'unit', title: 'Unit', type: 'integer' },
      { name: 'row', title: 'Row', type: 'string' },
    ]);
    printed(await admin.run('md-property-update', '--name', 'height', '--title', 'Height', space, 'unit'));
    expect(fieldsOf(printed(await demo.run('md-property-show', space, 'height')))).toMatchObject({
      name: 'height',
      title: 'Height',
      minimum: '1',
    });
    expect((await demo.run('md-property-show', space, 'unit')).stderr).toContain('404');
    printed(await admin.run('md-property-delete', space, 'row'));
    expect(namesOf(printed(await demo.run('md-property-list', space)))).toEqual(['height']);
  });

  test('create, show, list, update and delete objects', async () => {
    const schema = {
      description: 'A switch',
      required: ['ports'],
      properties: { ports: { title: 'Ports', type: 'integer', default: 24 } },
    };
    const switches = ['--name', 'Switch', '--schema', jsonOf(schema)];
    expect(fieldsOf(printed(await admin.run('md-object-create', ...switches, space)))).toMatchObject({
      name: 'Switch',
      description: 'A switch',
    });
    expect((await admin.run('md-object-create', ...switches, space)).stderr).toContain('409');
    printed(await admin.run('md-object-create', '--name', 'Power', '--schema', '{}', space));
    expect(namesOf(printed(await demo.run('md-object-list', space)))).toEqual(['Switch', 'Power']);
    expect(fieldsOf(printed(await demo.run('md-object-property-show', space, 'Switch', 'ports')))).toMatchObject({
      title: 'Ports',
      default: '24',
    });
    printed(await admin.run('md-object-update', '--schema', jsonOf({ description: 'Changed' }), space, 'Switch'));
    expect(fieldsOf(printed(await demo.run('md-object-show', space, 'Switch')))).toMatchObject({
      description: 'Changed',
    });
    printed(await admin.run('md-object-delete', space, 'Power'));
    expect(namesOf(printed(await demo.run('md-object-list', space)))).toEqual(['Switch']);
  });

  test('create, show, list, rename and delete tags', async () => {
    expect(fieldsOf(printed(await admin.run('md-tag-create', '--name', 'cold', space)))).toMatchObject({
      name: 'cold',
    });
    const several = await admin.run('md-tag-create-multiple', '--names', 'warm,loud', space);
    expect(namesOf(printed(several)).toSorted()).toEqual(['loud', 'warm']);
    printed(await admin.run('md-tag-create', '--name', 'far away', space));
    printed(await admin.run('md-tag-update', '--name', 'quiet', space, 'loud'));
    expect(fieldsOf(printed(await demo.run('md-tag-show', space, 'quiet')))).toMatchObject({ name: 'quiet' });
    expect(namesOf(printed(await demo.run('md-tag-list', space))).toSorted()).toEqual(['far away', 'quiet', 'warm']);
    printed(await admin.run('md-tag-delete', space, 'warm'));
    expect((await demo.run('md-tag-show', space, 'warm')).stderr).toContain('404');
  });

  test('associate a namespace with a resource type, and see names with its prefix', async () => {
    const type = 'OS::Nova::Aggregate';
    const association = ['--name', type, '--prefix', 'rack:', '--properties-target', 'host'];
    expect(fieldsOf(printed(await admin.run('md-resource-type-associate', ...association, space)))).toMatchObject({
      name: type,
      prefix: 'rack:',
    });
    expect(namesOf(printed(await demo.run('md-resource-type-list')))).toContain(type);
    expect(rowsOf(printed(await demo.run('md-namespace-resource-type-list', space)))).toEqual([
      { name: type, prefix: 'rack:', properties_target: 'host' },
    ]);
    const shown = fieldsOf(printed(await demo.run('md-namespace-show', '--resource-type', type, space)));
    expect(shown['properties']).toContain('rack:height');
    expect(shown).toMatchObject({ objects: expect.stringContaining('Switch') as string });
    const found = await demo.run('md-namespace-list', '--resource-types', type);
    expect(namesOf(printed(found))).toEqual([space]);
    printed(await admin.run('md-resource-type-deassociate', space, type));
    expect(rowsOf(printed(await demo.run('md-namespace-resource-type-list', space)))).toEqual([]);
  });

  test('empty a namespace kind by kind and delete it', async () => {
    for (const kind of ['properties', 'objects', 'tags']) {
      printed(await admin.run(`md-namespace-${kind}-delete`, space));
    }
    const shown = fieldsOf(printed(await demo.run('md-namespace-show', space)));
    expect(['properties', 'objects', 'tags'].filter((part) => part in shown)).toEqual([]);
    expect(shown).toMatchObject({ namespace: space });
    printed(await admin.run('md-namespace-delete', space));
    expect((await admin.run('md-namespace-show', space)).stderr).toContain('404');
  });

  test('import a namespace with all that is in it, from a file and from standard input', async () => {
    const whole = (name: string) => ({
      namespace: name,
      display_name: 'Whole',
      visibility: 'public',
      resource_type_associations: [{ name: 'OS::Glance::Image', prefix: 'w_' }],
      properties: { size: { title: 'Size', type: 'integer' }, colour: { title: 'Colour', type: 'string' } },
      objects: [{ name: 'Box', properties: { lid: { title: 'Lid', type: 'boolean' } } }],
      tags: [{ name: 'grün' }],
    });
    const folder = service.directory;
    await writeFile(join(folder, 'whole.json'), jsonOf(whole('Whole::File')));
    const fromFile = await admin.run('md-namespace-import', '--file', join(folder, 'whole.json'));
    expect(fieldsOf(printed(fromFile))).toMatchObject({ namespace: 'Whole::File' });
    const fromInput = await glance(login, ['md-namespace-import'], { input: jsonOf(whole('Whole::Input')) });
    expect(fieldsOf(printed(fromInput))).toMatchObject({ namespace: 'Whole::Input' });

    for (const name of ['Whole::File', 'Whole::Input']) {
      const shown = fieldsOf(printed(await demo.run('md-namespace-show', name)));
      expect(shown['properties']).toMatch(/size.*colour|colour.*size/);
      expect(shown).toMatchObject({ objects: expect.stringContaining('Box') as string });
      expect(namesOf(printed(await demo.run('md-tag-list', name)))).toEqual(['grün']);
    }
    expect(namesOf(printed(await demo.run('md-namespace-list', '--page-size', '1'))).toSorted()).toEqual([
      'Whole::File',
      'Whole::Input',
    ]);
    expect((await admin.run('md-namespace-import', '--file', join(folder, 'whole.json'))).stderr).toContain('409');
  });
});
