"""The Image API as a program that uses openstacksdk sees it.

Called with a JSON object: the path and SHA-512 of a raw image, and the URL of a web server that has it. Prints the name of
each step that went well. What this version of the SDK has no methods for is asked through its own session.
"""
import hashlib
import json
import os
import sys
import tempfile
import time

import openstack
from openstack import exceptions

given = json.loads(sys.argv[1])
with open(given['path'], 'rb') as image_file:
    DATA = image_file.read()
RAW = {'disk_format': 'raw', 'container_format': 'bare'}

demo = openstack.connect(cloud='lucarne-demo')
admin = openstack.connect(cloud='lucarne')


def settled(image_id):
    """The image once no task works on it any more."""
    for _attempt in range(300):
        image = demo.image.get_image(image_id)
        if image.status in ('active', 'queued') and not tasks_at_work(image_id):
            return image
        time.sleep(0.05)
    raise AssertionError(f'the image is still {image.status}')


def tasks_at_work(image_id):
    tasks = call(admin, 'get', f'/images/{image_id}/tasks')['tasks']
    return [task for task in tasks if task['status'] in ('pending', 'processing')]


def call(cloud, method, path, **request):
    """What the service answers, as JSON if it is."""
    response = cloud.image.request(path, method.upper(), **request)
    exceptions.raise_from_response(response)
    is_json = response.headers.get('Content-Type', '').startswith('application/json')
    return response.json() if is_json else None


def refusal(function, *arguments, **named):
    """The status a call is refused with."""
    try:
        function(*arguments, **named)
    except exceptions.HttpException as error:
        return error.status_code
    raise AssertionError('the call was not refused')


def stores_of(image_id):
    return sorted(call(demo, 'get', f'/images/{image_id}')['stores'].split(','))


def expect_download(image_id):
    """Both ways; the SDK itself compares what arrives with the checksum the service tells."""
    whole = demo.image.download_image(image_id)
    assert hashlib.sha512(whole.content).hexdigest() == given['sha512']
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'copy')
        demo.image.download_image(image_id, stream=True, output=path)
        with open(path, 'rb') as copy:
            assert hashlib.sha512(copy.read()).hexdigest() == given['sha512']


def stores_and_import_methods():
    stores = {store.id: store for store in demo.image.stores()}
    assert list(stores) == ['fast', 'slow', 'mirror'], stores
    assert stores['fast'].is_default and stores['fast'].description == 'Quick disks'
    # The SDK has a method for this, which version 0.101 cannot call.
    methods = call(demo, 'get', '/info/import')['import-methods']['value']
    assert {'glance-direct', 'web-download', 'copy-image'} <= set(methods), methods
    details = call(admin, 'get', '/info/stores/detail')['stores']
    assert [store['type'] for store in details] == ['file', 'file', 'http'], details
    assert refusal(call, demo, 'get', '/info/stores/detail') == 403
    assert call(demo, 'get', '/info/usage') == {'usage': {}}


def upload():
    source = {'filename': given['path'], 'validate_checksum': True, **RAW}
    image = demo.image.create_image('sdk upload', tags=['sdk'], os_distro='debian', **source)
    image = demo.image.get_image(image.id)
    assert image.status == 'active' and image.size == len(DATA) and image.tags == ['sdk'], image
    assert image.hash_value == given['sha512'] and image.os_distro == 'debian', image
    expect_download(image.id)
    # By the checksums it left there the SDK knows that there is nothing to upload.
    assert demo.image.create_image('sdk upload', **source).id == image.id
    assert [found.id for found in demo.image.images(name='sdk upload')] == [image.id]
    demo.image.delete_image(image.id)
    assert demo.image.find_image('sdk upload') is None


def import_by_create():
    image = demo.create_image('sdk import', filename=given['path'], use_import=True, **RAW)
    image = settled(image.id)
    assert image.status == 'active' and image.hash_value == given['sha512'], image
    demo.image.delete_image(image.id)


def stage_and_import_to_several_stores():
    image = demo.image.create_image('sdk staged', allow_duplicates=True, **RAW)
    image = demo.image.stage_image(image, data=DATA)
    assert image.status == 'uploading' and image.size == len(DATA), image
    stores = [store for store in demo.image.stores() if store.id in ('fast', 'slow')]
    demo.image.import_image(image, stores=stores, all_stores_must_succeed=True)
    assert settled(image.id).status == 'active'
    assert stores_of(image.id) == ['fast', 'slow']
    expect_download(image.id)
    assert refusal(call, demo, 'delete', f'/stores/slow/{image.id}') == 403
    call(admin, 'delete', f'/stores/slow/{image.id}')
    assert stores_of(image.id) == ['fast']
    demo.image.delete_image(image.id)


def import_from_the_web():
    image = demo.image.create_image('sdk web', allow_duplicates=True, **RAW)
    slow = next(store for store in demo.image.stores() if store.id == 'slow')
    demo.image.import_image(image, method='web-download', uri=f"{given['web']}/good", store=slow)
    assert settled(image.id).status == 'active'
    assert stores_of(image.id) == ['slow']
    expect_download(image.id)
    fast = next(store for store in admin.image.stores() if store.id == 'fast')
    admin.image.import_image(admin.image.get_image(image.id), method='copy-image', stores=[fast])
    settled(image.id)
    assert stores_of(image.id) == ['fast', 'slow']
    demo.image.delete_image(image.id)


def failed_import():
    image = demo.image.create_image('sdk failure', allow_duplicates=True, **RAW)
    demo.image.import_image(image, method='web-download', uri=f"{given['web']}/missing")
    image = settled(image.id)
    assert image.status == 'queued', image
    [task] = call(demo, 'get', f'/images/{image.id}/tasks')['tasks']
    assert task['status'] == 'failure' and task['message'], task
    demo.image.delete_image(image.id)


def tasks():
    attributes = {'import_from': f"{given['web']}/good", 'import_from_format': 'raw'}
    attributes['image_properties'] = {'name': 'sdk task', **RAW}
    assert refusal(demo.image.create_task, type='import', input=attributes) == 403
    task = admin.image.create_task(type='import', input=attributes)
    task = admin.image.wait_for_task(task, interval=0.1, wait=15)
    image = admin.image.get_image(task.result['image_id'])
    assert image.name == 'sdk task' and image.status == 'active', image
    assert task.id in [listed.id for listed in admin.image.tasks(type='import', status='success')]
    admin.image.delete_image(image.id)


def members():
    image = admin.image.create_image('sdk shared', filename=given['path'], **RAW)
    assert refusal(demo.image.get_image, image.id) == 404
    project = demo.current_project_id
    assert project != admin.current_project_id
    admin.image.add_member(image, member=project)
    assert [member.status for member in demo.image.members(image)] == ['pending']
    listed = {'visibility': 'shared', 'name': 'sdk shared'}
    assert list(demo.image.images(**listed)) == []
    assert [found.id for found in demo.image.images(member_status='pending', **listed)] == [image.id]
    demo.image.update_member(project, image, status='accepted')
    assert admin.image.get_member(project, image).status == 'accepted'
    assert [found.id for found in demo.image.images(**listed)] == [image.id]
    expect_download(image.id)
    assert refusal(demo.image.delete_image, image.id) == 403
    admin.image.remove_member(project, image)
    assert list(admin.image.members(image)) == []
    assert refusal(demo.image.get_image, image.id) == 404
    admin.image.delete_image(image.id)


def tags_and_attributes():
    image = demo.image.create_image('sdk tags', allow_duplicates=True, **RAW)
    for tag in ['gold', 'two words', 'a%b']:
        demo.image.add_tag(image, tag)
    demo.image.remove_tag(image, 'gold')
    assert sorted(demo.image.get_image(image.id).tags) == ['a%b', 'two words']
    assert [found.id for found in demo.image.images(tag='two words')] == [image.id]
    updated = demo.image.update_image(image.id, name='sdk renamed', min_disk=3, hw_disk_bus='scsi', is_hidden=True)
    assert (updated.name, updated.min_disk, updated.hw_disk_bus) == ('sdk renamed', 3, 'scsi'), updated
    assert list(demo.image.images(name='sdk renamed')) == []
    assert demo.image.find_image('sdk renamed').id == image.id
    demo.image.update_image(image.id, is_protected=True)
    assert refusal(demo.image.delete_image, image.id) == 403
    demo.image.update_image(image.id, is_protected=False)
    demo.image.delete_image(image.id)


def deactivate_and_reactivate():
    image = demo.image.create_image('sdk off', filename=given['path'], **RAW)
    admin.image.deactivate_image(image.id)
    assert demo.image.get_image(image.id).status == 'deactivated'
    assert call(admin, 'get', f'/images/{image.id}')['status'] == 'deactivated'
    assert demo.image.get(f'/images/{image.id}/file').status_code == 403
    admin.image.reactivate_image(image.id)
    expect_download(image.id)
    demo.image.delete_image(image.id)


def lists():
    names = [f'sdk list {number}' for number in range(5)]
    ids = [demo.image.create_image(name, allow_duplicates=True, **RAW).id for name in names]
    paged = [image.id for image in demo.image.images(limit=2, sort='name:desc')]
    assert paged == ids[::-1], paged
    assert [image.name for image in demo.image.images(sort_key='name', sort_dir='asc', limit=3)][0] == 'sdk list 0'
    assert {image.status for image in demo.image.images(status='queued')} == {'queued'}
    assert list(demo.image.images(status='active', owner=demo.current_project_id)) == []
    assert demo.get_image('sdk list 3').id == ids[3]
    for image_id in ids:
        demo.image.delete_image(image_id, ignore_missing=False)
    assert refusal(demo.image.delete_image, ids[0], ignore_missing=False) == 404


def schemas():
    assert demo.image.get_image_schema().name == 'image'
    assert 'disk_format' in demo.image.get_image_schema().properties
    assert demo.image.get_images_schema().name == 'images'
    assert demo.image.get_member_schema().name == 'member'
    assert demo.image.get_members_schema().name == 'members'
    assert demo.image.get_task_schema().name == 'task'
    assert demo.image.get_tasks_schema().name == 'tasks'
    for name in ['namespace', 'object', 'property', 'resource_type', 'tag']:
        document = call(demo, 'get', f'/schemas/metadefs/{name}')
        assert 'name' in document['properties'] or 'namespace' in document['properties'], document


def metadefs():
    top = '/metadefs/namespaces'
    space = f'{top}/Sdk::Space'
    body = {'namespace': 'Sdk::Space', 'visibility': 'public', 'tags': [{'name': 'first'}]}
    assert refusal(call, demo, 'post', top, json=body) == 403
    call(admin, 'post', top, json=body)
    kind = {'name': 'OS::Glance::Image', 'prefix': 'sdk_'}
    call(admin, 'post', f'{space}/resource_types', json=kind)
    call(admin, 'post', f'{space}/properties', json={'name': 'cores', 'title': 'Cores', 'type': 'integer'})
    thing = {'name': 'Thing', 'required': ['a'], 'properties': {'a': {'title': 'A', 'type': 'string'}}}
    call(admin, 'post', f'{space}/objects', json=thing)
    call(admin, 'post', f'{space}/tags/two%20words')
    call(admin, 'post', f'{space}/tags', json={'tags': [{'name': 'grün'}]}, headers={'X-OpenStack-Append': 'True'})

    tags = [tag['name'] for tag in call(demo, 'get', f'{space}/tags')['tags']]
    assert sorted(tags) == ['first', 'grün', 'two words'], tags
    whole = call(demo, 'get', f'{space}?resource_type=OS::Glance::Image')
    assert list(whole['properties']) == ['sdk_cores'], whole
    assert whole['objects'][0]['required'] == ['sdk_a'], whole
    found = call(demo, 'get', f'{space}/properties/sdk_cores?resource_type=OS::Glance::Image')
    assert found['name'] == 'cores', found
    call(admin, 'put', f'{space}/properties/cores', json={'name': 'cpus', 'title': 'CPUs', 'type': 'integer'})
    call(admin, 'put', f'{space}/objects/Thing', json={'name': 'Renamed'})
    call(admin, 'put', f'{space}/tags/first', json={'name': 'last'})
    assert list(call(demo, 'get', f'{space}/properties')['properties']) == ['cpus']
    assert [each['name'] for each in call(demo, 'get', f'{space}/objects')['objects']] == ['Renamed']
    listed = call(demo, 'get', top, params={'resource_types': 'OS::Glance::Image', 'sort_key': 'namespace'})
    assert [each['namespace'] for each in listed['namespaces']] == ['Sdk::Space'], listed
    kinds = [each['name'] for each in call(demo, 'get', '/metadefs/resource_types')['resource_types']]
    assert 'OS::Glance::Image' in kinds, kinds

    call(admin, 'put', space, json={'namespace': 'Sdk::Space', 'visibility': 'public', 'protected': True})
    assert refusal(call, admin, 'delete', space) == 403
    call(admin, 'put', space, json={'namespace': 'Sdk::Moved', 'visibility': 'public'})
    moved = f'{top}/Sdk::Moved'
    call(admin, 'delete', f'{moved}/resource_types/OS::Glance::Image')
    for part in ['properties', 'objects', 'tags']:
        call(admin, 'delete', f'{moved}/{part}')
    assert call(demo, 'get', f'{moved}/properties') == {'properties': {}}
    call(admin, 'delete', moved)
    assert refusal(call, admin, 'get', moved) == 404


def cache():
    image = admin.image.create_image('sdk cached', filename=given['path'], **RAW)
    assert refusal(call, demo, 'get', '/cache') == 403
    call(admin, 'put', f'/cache/{image.id}')
    for _attempt in range(300):
        state = call(admin, 'get', '/cache')
        if state['cached_images']:
            break
        time.sleep(0.05)
    assert [each['image_id'] for each in state['cached_images']] == [image.id], state
    assert call(admin, 'get', f'/cache/nodes/{image.id}') != []
    assert admin.image.download_image(image.id).content == DATA
    assert call(admin, 'get', '/cache')['cached_images'][0]['hits'] == 1
    call(admin, 'post', '/cache/clean')
    assert call(admin, 'post', '/cache/prune') == {'total_files_pruned': 0, 'total_bytes_pruned': 0}
    call(admin, 'delete', f'/cache/{image.id}')
    assert call(admin, 'get', '/cache') == {'cached_images': [], 'queued_images': []}
    call(admin, 'delete', '/cache', headers={'x-image-cache-clear-target': 'queue'})
    call(admin, 'delete', '/cache')
    admin.image.delete_image(image.id)


def locations():
    image = admin.image.create_image('sdk location', allow_duplicates=True, **RAW)
    url = f"{given['web']}/good"
    body = {'url': url, 'validation_data': {'os_hash_algo': 'sha512', 'os_hash_value': given['sha512']}}
    call(admin, 'post', f'/images/{image.id}/locations', json=body)
    for _attempt in range(300):
        if admin.image.get_image(image.id).status == 'active':
            break
        time.sleep(0.05)
    assert call(admin, 'get', f'/images/{image.id}/locations') == [{'url': url, 'metadata': {'store': 'mirror'}}]
    assert admin.image.download_image(image.id).content == DATA
    admin.image.delete_image(image.id)


STEPS = [
    stores_and_import_methods, upload, import_by_create, stage_and_import_to_several_stores, import_from_the_web,
    failed_import, tasks, members, tags_and_attributes, deactivate_and_reactivate, lists, schemas, metadefs, cache,
    locations,
]

for step in STEPS:
    step()
    print(step.__name__, flush=True)
