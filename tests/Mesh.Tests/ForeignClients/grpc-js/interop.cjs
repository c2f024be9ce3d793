// A client that shares no code with the mesh: signs in, lists items, asks with streaming, and streams readings both ways.
// Usage: node interop.cjs <host:port> <protos folder> <e-mail> <password>. Prints one JSON object.
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [address, protos, email, password] = process.argv.slice(2);
const files = ['auth/v1/sessions', 'data/v1/items', 'ai/v1/assistant', 'iot/v1/readings', 'iot/v1/devices'].map(name => `aimesh/${name}.proto`);
const definition = loader.loadSync(files, { includeDirs: [protos], keepCase: false, longs: String, enums: String, defaults: true });
const { auth, data, ai, iot } = grpc.loadPackageDefinition(definition).aimesh;
const open = Service => new Service(address, grpc.credentials.createInsecure());
const deadline = () => ({ deadline: Date.now() + 30000 });
const unary = (client, method, request, metadata) =>
  new Promise((resolve, reject) => client[method](request, metadata, deadline(), (error, answer) => (error ? reject(error) : resolve(answer))));

async function main() {
  const anonymous = new grpc.Metadata();
  const sessions = open(auth.v1.Sessions);
  const refused = await unary(sessions, 'login', { email, password: 'wrong password' }, anonymous).catch(error => error);
  const tokens = await unary(sessions, 'login', { email, password }, anonymous);
  const metadata = new grpc.Metadata();
  metadata.set('authorization', `Bearer ${tokens.accessToken}`);

  const items = open(data.v1.Items);
  const page = await unary(items, 'listItems', { dataset: 'movies', pageSize: 5, orderBy: 'title' }, metadata);
  const badFilter = await unary(items, 'listItems', { dataset: 'movies', filter: 'no_such_field = 1' }, metadata).catch(error => error);

  const asked = await new Promise((resolve, reject) => {
    const events = [];
    open(ai.v1.Assistant)
      .streamAsk({ question: 'How many movies are there?', datasets: ['movies'] }, metadata, deadline())
      .on('data', event => events.push(event)).on('error', reject).on('end', () => resolve(events));
  });

  const device = `grpc-js-${Date.now()}`;
  const created = await unary(open(iot.v1.Devices), 'createDevice', { deviceId: device, device: {} }, metadata);
  const asDevice = new grpc.Metadata();
  asDevice.set('authorization', `Device ${created.credential}`);
  const acknowledged = await new Promise((resolve, reject) => {
    const answers = [];
    const stream = open(iot.v1.Ingest).streamReadings(asDevice, deadline());
    stream.on('data', answer => answers.push(answer)).on('error', reject).on('end', () => resolve(answers));
    for (let i = 0; i < 20; i++) stream.write({ deviceId: device, requestId: `r${i}`, readings: [{ metric: 'temperature', value: i }] });
    stream.end();
  });

  console.log(JSON.stringify({
    refusedCode: refused.code,
    items: page.items.length,
    badFilterCode: badFilter.code,
    badFilterDetails: badFilter.details,
    badFilterHasStatus: badFilter.metadata.get('grpc-status-details-bin').length === 1,
    deltas: asked.filter(event => event.delta).length,
    answered: asked[asked.length - 1].done.answered,
    acknowledged: acknowledged.map(answer => answer.requestId),
    accepted: acknowledged.reduce((sum, answer) => sum + answer.accepted, 0),
  }));
  process.exit(0);
}

main().catch(error => { console.error(error); process.exit(1); });
