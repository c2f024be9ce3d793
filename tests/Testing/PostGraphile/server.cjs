// PostGraphile over one schema, with the options that its documentation recommends for production
// (https://www.graphile.org/postgraphile/usage-library/#recommended-options), in as many processes as there are cores. The database is named by
// the variables that libpq knows, the settings of each request's transaction by PG_SETTINGS as JSON.
const cluster = require('node:cluster');
const http = require('node:http');
const os = require('node:os');

if (cluster.isPrimary) {
  const workers = os.availableParallelism();
  let listening = 0;
  cluster.on('listening', () => {
    if (++listening === workers) console.log('ready');
  });
  for (let i = 0; i < workers; i++) cluster.fork();
} else {
  const { Pool } = require('pg');
  const { postgraphile } = require('postgraphile');
  const settings = JSON.parse(process.env.PG_SETTINGS);
  const handler = postgraphile(new Pool({ max: 10 }), process.env.SCHEMA, {
    dynamicJson: true,
    setofFunctionsContainNulls: false,
    ignoreRBAC: false,
    extendedErrors: ['errcode'],
    appendPlugins: [require('postgraphile-plugin-connection-filter')],
    graphiql: false,
    enableQueryBatching: true,
    disableQueryLog: true,
    legacyRelations: 'omit',
    pgSettings: () => settings,
  });
  http.createServer(handler).listen(Number(process.env.PORT), '127.0.0.1');
}
