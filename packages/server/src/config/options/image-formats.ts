/** `[image_format]`. Source: contract 11 §4; 14 */
import { describeGroup } from '../option.ts';

const { list, boolean } = describeGroup('image_format');

function formerly(name: string) {
  return [{ group: 'DEFAULT', name }];
}

export const imageFormatOptions = {
  diskFormats: list(
    'disk_formats',
    ['ami', 'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'raw', 'qcow2', 'vdi', 'iso', 'ploop'],
    {
      help: 'Disk formats that images may have; the image schema lists them.',
      deprecatedNames: formerly('disk_formats'),
    },
  ),
  containerFormats: list('container_formats', ['ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed'], {
    help: 'Container formats that images may have; the image schema lists them.',
    deprecatedNames: formerly('container_formats'),
  }),
  requireFormatMatch: boolean(
    'require_image_format_match',
    true,
    'Refuses data whose content is of another format than the image says.',
  ),
  gptSafetyChecksNonfatal: list('gpt_safety_checks_nonfatal', [], {
    help: 'Safety checks of partition tables whose failure is only logged.',
    choices: ['mbr', 'gptmbr'],
  }),
  vmdkAllowedTypes: list(
    'vmdk_allowed_types',
    ['streamOptimized', 'monolithicSparse'],
    'Kinds of VMDK that the plugin image_conversion takes; an empty list refuses all.',
  ),
};
