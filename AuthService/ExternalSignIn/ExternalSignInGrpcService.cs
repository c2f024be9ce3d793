using AiMesh.Auth.V1;
using AiMesh.AuthService.Sessions;
using Grpc.Core;
using Contract = AiMesh.Auth.V1.ExternalSignIn;

namespace AiMesh.AuthService.ExternalSignIn;

internal sealed class ExternalSignInGrpcService(SignInCodeExchange exchange, CallFacts facts) : Contract.ExternalSignInBase
{
    public override async Task<TokenResponse> ExchangeSignInCode(ExchangeSignInCodeRequest request, ServerCallContext context) =>
        AuthDiagnostics.CountSignIn(await exchange.ExchangeAsync(request.Code, request.CodeVerifier, facts.AddressOf(context), context.CancellationToken))
            .OrThrow().ToMessage();
}
