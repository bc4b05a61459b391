import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { renderCloudsYaml, updateCloudsYamlUrl } from './clouds-yaml.ts';

const users = [
  { name: 'admin', password: 'a-secret', project: 'admin', roles: ['admin'] },
  { name: 'demo', password: '0123456789', project: 'demo', roles: ['member'] },
];
const url = 'http://127.0.0.1:9292/identity/v3';

describe('renderCloudsYaml', () => {
  test('has a cloud for the administrator and one for the demo user', () => {
    const { clouds } = parse(renderCloudsYaml(url, users));
    expect(Object.keys(clouds)).toEqual(['lucarne', 'lucarne-demo']);
    expect(clouds['lucarne-demo']).toEqual({
      auth: {
        auth_url: url,
        username: 'demo',
        password: '0123456789',
        project_name: 'demo',
        user_domain_name: 'Default',
        project_domain_name: 'Default',
      },
      region_name: 'RegionOne',
      identity_api_version: 3,
      image_api_version: 2,
      interface: 'public',
    });
  });
});

describe('updateCloudsYamlUrl', () => {
  const edited = renderCloudsYaml(url, users)
    .replace('    region_name', '    # where it is\n    region_name')
    .concat('  elsewhere:\n    auth: { auth_url: "https://elsewhere/v3" } # not ours\n');

  test('changes the URL of our clouds and nothing else', () => {
    const moved = updateCloudsYamlUrl(edited, 'http://127.0.0.1:9393/identity/v3');
    expect(moved).toBe(edited.replaceAll(':9292/', ':9393/'));
  });

  test('gives the same text when the URL is right already', () => {
    const crooked = edited.replace('username: admin', 'username:   admin');
    expect(updateCloudsYamlUrl(crooked, url)).toBe(crooked);
  });

  test.each(['', 'clouds:\n', 'clouds: { lucarne: { cloud: other } }\n'])(
    'leaves a file without our clouds alone: %s',
    (text) => {
      expect(updateCloudsYamlUrl(text, url)).toBe(text);
    },
  );

  test('raises on broken YAML without quoting it', () => {
    const broken = 'clouds: {\n password: topsecret\n';
    expect(() => updateCloudsYamlUrl(broken, url)).toThrow(/^clouds.yaml is not valid YAML \(\w+\)$/);
  });
});
