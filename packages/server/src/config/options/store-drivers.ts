/**
 * What a store of a kind that is not built yet is configured by, for a section that is given: `[glance_store]`,
 * `[backend_defaults]` or the section of a store.
 *
 * Source: contract 05 §8; 11 §3
 */
import { describeGroup, notBuilt } from '../option.ts';
import type { Option } from '../option.ts';

export const unbuiltStoreKinds = ['rbd', 's3', 'swift', 'cinder', 'vmware'] as const;

const secret = true;

export function describeUnbuiltStoreOptions(
  group: string,
): Readonly<Record<(typeof unbuiltStoreKinds)[number], readonly Option[]>> {
  return {
    rbd: describeRbdOptions(group),
    s3: describeS3Options(group),
    swift: describeSwiftOptions(group),
    cinder: describeCinderOptions(group),
    vmware: describeVmwareOptions(group),
  };
}

function describeRbdOptions(group: string): readonly Option[] {
  const rbd = describeGroup(group, { treatment: notBuilt('the RBD store') });
  return [
    rbd.integer('rbd_store_chunk_size', 8, { help: 'Size of the objects of an image.', unit: 'MiB', minimum: 1 }),
    rbd.string('rbd_store_pool', 'images', 'Pool of the images.'),
    rbd.unset.string('rbd_store_user', 'User to sign in as.'),
    rbd.string('rbd_store_ceph_conf', '', 'Configuration file of Ceph.'),
    rbd.integer('rados_connect_timeout', -1, { help: 'Patience with Ceph; -1 is its own.', unit: 'seconds' }),
    rbd.boolean('rbd_thin_provisioning', false, 'Leaves holes in place of zeroes.'),
  ];
}

function describeS3Options(group: string): readonly Option[] {
  const s3 = describeGroup(group, { treatment: notBuilt('the S3 store') });
  return [
    s3.unset.string('s3_store_host', 'Address of the service.'),
    s3.string('s3_store_region_name', '', 'Region of the service.'),
    s3.unset.string('s3_store_access_key', { help: 'Access key.', secret }),
    s3.unset.string('s3_store_secret_key', { help: 'Secret key.', secret }),
    s3.unset.string('s3_store_bucket', 'Bucket of the images.'),
    s3.boolean('s3_store_create_bucket_on_put', false, 'Makes the bucket when it is missing.'),
    s3.string('s3_store_bucket_url_format', 'auto', {
      help: 'Where the bucket stands in URLs.',
      choices: ['auto', 'virtual', 'path'],
    }),
    s3.integer('s3_store_large_object_size', 100, { help: 'From which size on data is sent in parts.', unit: 'MiB' }),
    s3.integer('s3_store_large_object_chunk_size', 10, { help: 'Size of a part.', unit: 'MiB', minimum: 5 }),
    s3.integer('s3_store_thread_pools', 10, 'Parts sent at the same time.'),
    s3.string('s3_store_cacert', '', 'Certificates of authorities to trust.'),
    s3.boolean('s3_store_enable_data_integrity_protection', false, 'Adds checksums to requests.'),
    s3.string('s3_store_request_checksum_calculation', 'when_required', 'When requests get checksums.'),
    s3.string('s3_store_response_checksum_validation', 'when_required', 'When checksums of responses are checked.'),
  ];
}

function describeSwiftOptions(group: string): readonly Option[] {
  const swift = describeGroup(group, { treatment: notBuilt('the Swift store') });
  return [
    swift.unset.string('swift_store_config_file', 'File with accounts, a section for each.'),
    swift.string('default_swift_reference', 'ref1', 'Section of that file to use for new data.'),
    swift.unset.string('swift_store_auth_address', 'Address of the authentication service.'),
    swift.unset.string('swift_store_user', { help: 'User to sign in as.', secret }),
    swift.unset.string('swift_store_key', { help: 'Password of that user.', secret }),
    swift.string('swift_store_auth_version', '3', 'Version of the authentication.'),
    swift.unset.string('swift_store_application_credential_id', 'Application credential to sign in by.'),
    swift.unset.string('swift_store_application_credential_secret', { help: 'Its secret.', secret }),
    swift.unset.string('swift_store_project_name', 'Project to sign in to.'),
    swift.unset.string('swift_store_project_id', 'Id of that project.'),
    swift.boolean('swift_store_auth_insecure', false, 'Does not check certificates.'),
    swift.unset.string('swift_store_cacert', 'Certificates of authorities to trust.'),
    swift.boolean('swift_store_ssl_compression', true, 'Compresses TLS.'),
    swift.string('swift_store_container', 'glance', 'Container of the images.'),
    swift.boolean('swift_store_create_container_on_put', false, 'Makes the container when it is missing.'),
    swift.integer('swift_store_large_object_size', 5120, {
      help: 'From which size on data is sent in parts.',
      unit: 'MB',
    }),
    swift.integer('swift_store_large_object_chunk_size', 200, { help: 'Size of a part.', unit: 'MB' }),
    swift.boolean('swift_store_multi_tenant', false, 'Keeps data in the account of its project.'),
    swift.integer('swift_store_multiple_containers_seed', 0, {
      help: 'How many digits of an id name one of several containers.',
      minimum: 0,
      maximum: 32,
    }),
    swift.list('swift_store_admin_tenants', [], 'Projects that may read all containers.'),
    swift.unset.string('swift_store_region', 'Region of the service.'),
    swift.unset.string('swift_store_endpoint', 'Address of the service.'),
    swift.string('swift_store_endpoint_type', 'publicURL', 'Which of its addresses is used.'),
    swift.string('swift_store_service_type', 'object-store', 'Its type in the catalogue.'),
    swift.boolean('swift_store_use_trusts', true, 'Signs in anew by a trust during long uploads.'),
    swift.integer('swift_store_retry_get_count', 0, 'How often a download is resumed.'),
    swift.integer('swift_store_expire_soon_interval', 60, {
      help: 'How long before its end a token is replaced.',
      unit: 'seconds',
    }),
    swift.boolean('swift_buffer_on_upload', false, 'Keeps parts on disk until they are sent.'),
    swift.unset.string('swift_upload_buffer_dir', 'Folder for that.'),
  ];
}

function describeCinderOptions(group: string): readonly Option[] {
  const cinder = describeGroup(group, { treatment: notBuilt('the Cinder store') });
  return [
    cinder.string('cinder_catalog_info', 'volumev3::publicURL', 'Type, name and address in the catalogue.'),
    cinder.unset.string('cinder_endpoint_template', 'Address to use in place of the catalogue.'),
    cinder.unset.string('cinder_os_region_name', {
      help: 'Region of Cinder.',
      deprecatedNames: [{ group, name: 'os_region_name' }],
    }),
    cinder.unset.string('cinder_ca_certificates_file', 'Certificates of authorities to trust.'),
    cinder.boolean('cinder_api_insecure', false, 'Does not check certificates.'),
    cinder.integer('cinder_http_retries', 3, 'How often a call is tried again.'),
    cinder.integer('cinder_state_transition_timeout', 300, { help: 'Patience with a volume.', unit: 'seconds' }),
    cinder.unset.string('cinder_store_auth_address', 'Address of the authentication service.'),
    cinder.unset.string('cinder_store_user_name', 'User to sign in as.'),
    cinder.string('cinder_store_user_domain_name', 'Default', 'Domain of that user.'),
    cinder.unset.string('cinder_store_password', { help: 'Password of that user.', secret }),
    cinder.unset.string('cinder_store_project_name', 'Project to sign in to.'),
    cinder.string('cinder_store_project_domain_name', 'Default', 'Domain of that project.'),
    cinder.unset.string('cinder_store_application_credential_id', 'Application credential to sign in by.'),
    cinder.unset.string('cinder_store_application_credential_secret', { help: 'Its secret.', secret }),
    cinder.unset.string('cinder_volume_type', 'Type of the volumes.'),
    cinder.boolean('cinder_enforce_multipath', false, 'Refuses to work without several paths to a volume.'),
    cinder.boolean('cinder_use_multipath', false, 'Uses several paths to a volume.'),
    cinder.string('cinder_mount_point_base', '/var/lib/glance/mnt', 'Folder for mounted shares.'),
    cinder.boolean('cinder_do_extend_attached', false, 'Lets volumes grow while attached.'),
    cinder.integer('cinder_attachment_retry_attempts', 5, 'How often attaching is tried again.'),
    cinder.string('rootwrap_config', '/etc/glance/rootwrap.conf', 'Rules of the program that runs as root.'),
  ];
}

function describeVmwareOptions(group: string): readonly Option[] {
  const vmware = describeGroup(group, { treatment: notBuilt('the VMware store') });
  return [
    vmware.unset.string('vmware_server_host', 'Address of vCenter or ESXi.'),
    vmware.unset.string('vmware_server_username', 'User to sign in as.'),
    vmware.unset.string('vmware_server_password', { help: 'Password of that user.', secret }),
    vmware.multi('vmware_datastores', [], 'Datastores, as in "datacenter:datastore:100".'),
    vmware.string('vmware_store_image_dir', '/openstack_glance', 'Folder of the images.'),
    vmware.integer('vmware_api_retry_count', 10, 'How often a call is tried again.'),
    vmware.integer('vmware_task_poll_interval', 5, { help: 'Pause between looks at a task.', unit: 'seconds' }),
    vmware.boolean('vmware_insecure', false, {
      help: 'Does not check certificates.',
      deprecatedNames: [{ group, name: 'vmware_api_insecure' }],
    }),
    vmware.unset.string('vmware_ca_file', 'Certificates of authorities to trust.'),
  ];
}
