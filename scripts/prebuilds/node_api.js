'use strict';
/** The Node-API as prebuilt addons use it. */
const path = require('node:path');
const { include_dir: headers, symbols } = require('node-api-headers');

const napiVersion = 8;

module.exports = {
  napiVersion,
  /** Folders of headers: the Node-API's, and node-addon-api over it. */
  includes: [headers, path.dirname(require.resolve('node-addon-api/package.json'))],
  /** The functions that an addon of that version may call. */
  nodeApi: Object.values(symbols[`v${napiVersion}`]).flat(),
  /** All that the addon exports. */
  exported: ['napi_register_module_v1', 'node_api_module_get_api_version_v1'],
};
