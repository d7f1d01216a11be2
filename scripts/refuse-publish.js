'use strict';
/** `npm publish` in the checkout: only as a dry run. What is published are the folders in npm/ (CONTRIBUTING.md). */
if (process.env.npm_config_dry_run !== 'true') {
  console.error(
    'The manifest of the checkout names no platform packages: publish the folders that\n' +
      '  npm run build:prebuilds && npm run pack:local\n' +
      'write to npm/, the platforms first (CONTRIBUTING.md, "Releases").',
  );
  process.exitCode = 1;
}
