// A real OpenID provider for the tests: the certified `oidc-provider`, with a sign-in form that a test fills in.
//
//   NODE_PATH is of no use to modules: run it from a directory whose node_modules holds oidc-provider and jose.
//   node provider.mjs <port> <redirect_uri>
//
// POST /lies {"claims": {...}, "drop": [...], "key": "stranger" | "none" | "secret"} makes the next ID tokens lie: they
// are signed anew, by the provider's own key but where another one is asked for. An empty object makes it honest again.
import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [port, redirectUri] = process.argv.slice(2);
const require = createRequire(`${process.cwd()}/`);
const load = async (name) => import(pathToFileURL(require.resolve(name)).href);
const { default: Provider } = await load('oidc-provider');
const { SignJWT, decodeJwt, exportJWK, generateKeyPair } = await load('jose');

const CLIENT = { client_id: 'dossier-ledger', client_secret: 'secret-of-the-tests-and-of-nothing-else' };
const issuer = `http://127.0.0.1:${port}`;
const own = await generateKeyPair('RS256', { extractable: true });
const stranger = await generateKeyPair('RS256', { extractable: true });
const jwk = { ...(await exportJWK(own.privateKey)), kid: 'own', use: 'sig', alg: 'RS256' };
let lies = {};

const provider = new Provider(issuer, {
  clients: [{ ...CLIENT, redirect_uris: [redirectUri], response_types: ['code'], grant_types: ['authorization_code'] }],
  jwks: { keys: [jwk] },
  cookies: { keys: ['keys-of-the-tests'] },
  claims: { openid: ['sub', 'acr', 'amr'], email: ['email', 'email_verified'] },
  features: { devInteractions: { enabled: false } },
  pkce: { required: () => true },
  ttl: { AccessToken: 300, AuthorizationCode: 60, Grant: 300, IdToken: 300, Interaction: 300, Session: 300 },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  // The login is the e-mail; whoever's begins with « unverified » has not shown that it is theirs.
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: id, email_verified: !id.startsWith('unverified') }),
  }),
});

const body = async (stream) => {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
};

// The form's fields: login, and amr, the methods that the provider says it has seen.
const interact = async (ctx) => {
  const details = await provider.interactionDetails(ctx.req, ctx.res);
  if (ctx.method === 'GET') {
    ctx.type = 'html';
    ctx.body = '<form method="post"><input name="login"><input name="amr"></form>';
    return;
  }
  const form = new URLSearchParams(await body(ctx.req));
  const accountId = form.get('login');
  const grant = new provider.Grant({ accountId, clientId: details.params.client_id });
  grant.addOIDCScope(details.params.scope);
  const amr = form.get('amr')?.split(' ').filter(Boolean);
  const result = { login: { accountId, ...(amr?.length ? { amr } : {}) }, consent: { grantId: await grant.save() } };
  await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
  ctx.respond = false;
};

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

const lying = async (honest) => {
  const claims = { ...decodeJwt(honest), ...lies.claims };
  for (const name of lies.drop ?? []) delete claims[name];
  if (lies.key === 'none') return `${base64url({ alg: 'none' })}.${base64url(claims)}.`;
  if (lies.key === 'secret') {
    const signed = `${base64url({ alg: 'HS256' })}.${base64url(claims)}`;
    return `${signed}.${createHmac('sha256', CLIENT.client_secret).update(signed).digest('base64url')}`;
  }
  const key = lies.key === 'stranger' ? stranger.privateKey : own.privateKey;
  return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'own' }).sign(key);
};

provider.use(async (ctx, next) => {
  if (ctx.path === '/lies') {
    lies = JSON.parse(await body(ctx.req));
    ctx.status = 204;
    return;
  }
  if (ctx.path.startsWith('/interaction/')) {
    await interact(ctx);
    return;
  }
  await next();
  if (ctx.path === '/token' && ctx.body?.id_token && Object.keys(lies).length > 0) {
    ctx.body = { ...ctx.body, id_token: await lying(ctx.body.id_token) };
  }
});

provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
