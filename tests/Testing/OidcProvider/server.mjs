// npm oidc-provider as somebody else's identity provider. One argument: JSON of port, redirectUris, clientId, clientSecret,
// algorithm (of ID tokens) and small (claims at the UserInfo endpoint only). Whoever comes is signed in as "ada" at once.
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const settings = JSON.parse(process.argv[2]);
const issuer = `http://127.0.0.1:${settings.port}`;
const jwk = (type, options) => generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' });
const account = {
  sub: 'ada', name: 'Ada Lovelace', email: settings.email, email_verified: true, groups: ['engineers', 'staff'],
};

const provider = new Provider(issuer, {
  clients: [{
    client_id: settings.clientId,
    client_secret: settings.clientSecret,
    redirect_uris: settings.redirectUris,
    id_token_signed_response_alg: settings.algorithm,
    grant_types: ['authorization_code'],
    response_types: ['code'],
  }],
  claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'], groups: ['groups'] },
  conformIdTokenClaims: settings.small,
  cookies: { keys: ['of this test'] },
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256'] },
  features: { devInteractions: { enabled: false } },
  findAccount: (_, sub) => ({ accountId: sub, claims: () => account }),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  jwks: { keys: [{ ...jwk('rsa', { modulusLength: 2048 }), kid: 'rsa' }, { ...jwk('ec', { namedCurve: 'P-256' }), kid: 'ec' }] },
  pkce: { methods: ['S256'], required: () => true },
  scopes: ['openid', 'profile', 'email', 'groups'],
});

// Where people would type a password and consent.
provider.use(async (context, next) => {
  if (!context.path.startsWith('/interaction/')) return next();
  const { prompt, params, grantId, session } = await provider.interactionDetails(context.req, context.res);
  if (prompt.name === 'login') return provider.interactionFinished(context.req, context.res, { login: { accountId: account.sub } });
  const grant = grantId ? await provider.Grant.find(grantId) : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  return provider.interactionFinished(context.req, context.res, { consent: { grantId: await grant.save() } });
});

provider.listen(settings.port, '127.0.0.1', () => console.log('ready'));
