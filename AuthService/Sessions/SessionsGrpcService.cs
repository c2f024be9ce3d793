using AiMesh.Auth.V1;
using AiMesh.ServiceDefaults.Identity;
using Grpc.Core;
using Contract = AiMesh.Auth.V1.Sessions;

namespace AiMesh.AuthService.Sessions;

internal sealed class SessionsGrpcService(
    Registration registration, SignIn signIn, SessionRefresh refresh, SignOut signOut, CallFacts facts) : Contract.SessionsBase
{
    public override async Task<RegisterResponse> Register(RegisterRequest request, ServerCallContext context)
    {
        var user = await registration.RegisterAsync(request, facts.AddressOf(context), context.CancellationToken);
        return new RegisterResponse { User = user.OrThrow().ToMessage() };
    }

    public override async Task<TokenResponse> Login(LoginRequest request, ServerCallContext context) =>
        AuthDiagnostics.CountSignIn(await signIn.SignInAsync(request.Email, request.Password, facts.AddressOf(context), context.CancellationToken))
            .OrThrow().ToMessage();

    public override async Task<TokenResponse> Refresh(RefreshRequest request, ServerCallContext context) =>
        AuthDiagnostics.CountRefresh(await refresh.RefreshAsync(request.RefreshToken, facts.AddressOf(context), context.CancellationToken))
            .OrThrow().ToMessage();

    public override async Task<VerifyResponse> Verify(VerifyRequest request, ServerCallContext context)
    {
        var caller = context.GetPrincipal();
        return new VerifyResponse
        {
            Subject = caller.Subject,
            Organisation = caller.Organisation,
            Roles = { caller.Roles },
            Permissions = { caller.Permissions.Patterns },
            ExpireTime = await facts.ExpiryOfAsync(context),
            Email = caller.Email ?? "",
            DisplayName = caller.DisplayName ?? "",
        };
    }

    public override async Task<LogoutResponse> Logout(LogoutRequest request, ServerCallContext context)
    {
        await signOut.SignOutAsync(context.GetPrincipal(), facts.AddressOf(context), context.CancellationToken);
        return new LogoutResponse();
    }
}
