/** `[cors]`, `[healthcheck]` and `[oslo_middleware]`. Source: contract 01 §9; 11 §5 */
import { describeGroup, ignored, notBuilt } from '../option.ts';

const cors = describeGroup('cors');
const health = describeGroup('healthcheck');
const healthDetails = describeGroup('healthcheck', { treatment: notBuilt('the detailed healthcheck') });
const proxy = describeGroup('oslo_middleware');

export const corsOptions = {
  allowedOrigins: cors.list('allowed_origin', [], {
    help: 'Origins whose web pages may call the API, or * for all. Without any, no CORS headers are sent.',
    defaultText: 'none: CORS is off',
  }),
  allowCredentials: cors.boolean('allow_credentials', true, 'Lets such pages send cookies and credentials.'),
  maxAgeSeconds: cors.integer('max_age', 3600, {
    help: 'How long a browser may remember what it may do.',
    unit: 'seconds',
    minimum: 0,
  }),
  exposeHeaders: cors.list(
    'expose_headers',
    ['X-Image-Meta-Checksum', 'X-Auth-Token', 'X-Subject-Token', 'X-Service-Token', 'X-OpenStack-Request-ID'],
    'Response headers that such pages may read.',
  ),
  allowMethods: cors.list(
    'allow_methods',
    ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'],
    'Methods that such pages may use.',
  ),
  allowHeaders: cors.list(
    'allow_headers',
    [
      'Content-MD5',
      'X-Image-Meta-Checksum',
      'X-Storage-Token',
      'Accept-Encoding',
      'X-Auth-Token',
      'X-Identity-Status',
      'X-Roles',
      'X-Service-Catalog',
      'X-User-Id',
      'X-Tenant-Id',
      'X-OpenStack-Request-ID',
    ],
    'Request headers that such pages may send, beside the few that are always allowed.',
  ),
};

export const healthcheckOptions = {
  disableByFilePath: health.unset.string('disable_by_file_path', {
    help: 'While this file exists, /healthcheck answers 503, so that a balancer takes the service out.',
    defaultText: 'healthcheck_disable beside the configuration file; none without a configuration file',
  }),
  path: health.string('path', '/healthcheck', {
    help: 'Path of the healthcheck.',
    treatment: ignored('it is always /healthcheck'),
  }),
  backends: health.list('backends', [], {
    help: 'Checks that are made.',
    treatment: ignored('the file of disable_by_file_path is always looked for'),
  }),
  detailed: healthDetails.boolean('detailed', false, 'Shows what was checked.'),
  allowedSourceRanges: healthDetails.list('allowed_source_ranges', [], 'Networks that may see these details.'),
  ignoreProxiedRequests: healthDetails.boolean('ignore_proxied_requests', false, 'Does not show them through a proxy.'),
  disableByFilePaths: healthDetails.list('disable_by_file_paths', [], 'Such files by port, as in "9292:/path".'),
  enableByFilePaths: healthDetails.list('enable_by_file_paths', [], 'Files that must exist for a healthy answer.'),
};

export const proxyOptions = {
  enableProxyHeadersParsing: proxy.boolean(
    'enable_proxy_headers_parsing',
    false,
    'Believes the Forwarded or X-Forwarded-* headers of a proxy in front. Switch it on only behind one that sets them.',
  ),
  maxRequestBodySize: proxy.integer('max_request_body_size', 114_688, {
    help: 'Largest body.',
    unit: 'bytes',
    treatment: ignored('no pipeline of Glance uses it; image data must not be held to it'),
  }),
  secureProxySslHeader: proxy.string('secure_proxy_ssl_header', 'X-Forwarded-Proto', {
    help: 'Header that tells the original protocol.',
    treatment: ignored('nothing uses it any more'),
  }),
  httpBasicAuthUserFile: proxy.string('http_basic_auth_user_file', '/etc/htpasswd', {
    help: 'File with passwords for HTTP Basic.',
    treatment: ignored('the image service does not offer HTTP Basic'),
  }),
};
