using AiMesh.AuthService.ApiKeys;
using AiMesh.AuthService.Clients;
using AiMesh.AuthService.ExternalSignIn;
using AiMesh.AuthService.ExternalSignIn.Providers;
using AiMesh.AuthService.Organisations;
using AiMesh.AuthService.Privacy;
using AiMesh.AuthService.Roles;
using AiMesh.AuthService.Sessions;
using AiMesh.AuthService.Users;
using AiMesh.ServiceDefaults.Audit;

if (args is [VerifyAuditCommand.Name, ..]) return await AuditRegistration.VerifyAsync(args);
if (args is [VerifyReceiptCommand.Name, ..]) return await VerifyReceiptCommand.RunAsync(args, Console.Out, Console.Error);

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddMeshAuthentication();
builder.AddMeshRpc();
builder.AddAuthService();

var app = builder.Build();
app.UseMesh();
app.MapDefaultEndpoints();
app.MapKeys();
app.MapRevocations();
app.MapGroup("").RequirePeers("gateway").MapTokenEndpoint();
app.MapGroup("").RequirePeers("gateway").MapSignInEndpoints();
app.MapRpc<SessionsGrpcService>().RequirePeers("gateway");
app.MapRpc<UsersGrpcService>();
app.MapRpc<RolesGrpcService>();
app.MapPolicies();
app.MapRpc<OrganisationsGrpcService>();
app.MapRpc<ApiKeysGrpcService>().RequirePeers("gateway");
app.MapRpc<ClientsGrpcService>();
app.MapRpc<IdentityProvidersGrpcService>();
app.MapRpc<ExternalSignInGrpcService>().RequirePeers("gateway");
app.MapPrivacy();
app.Run();
return 0;
