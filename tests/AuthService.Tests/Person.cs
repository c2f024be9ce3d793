using AiMesh.Auth.V1;
using Grpc.Core;

namespace AiMesh.AuthService.Tests;

/// <summary>Somebody who is signed in.</summary>
internal sealed record Person(string Id, string Email, TokenResponse Tokens)
{
    public Metadata Headers => AuthServiceHost.With(Tokens.AccessToken);
}
