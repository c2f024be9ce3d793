using System.Globalization;
using AiMesh.Auth.V1;
using AiMesh.Common.V1;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.Testing;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiMesh.AuthService.Tests.Privacy;

/// <summary>Why an operation waits is said in the words of the service that it waits for.</summary>
[Trait("Level", "Server")]
public sealed class WaitingTests
{
    [Fact]
    public async Task Erase_WhileAStoreOfAServiceIsAway_SaysThat_AndGivesNoReceipt()
    {
        var builder = WebApplication.CreateSlimBuilder();
        var port = FreePort.Next();
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port, static listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        await using var app = builder.Build();
        app.MapGrpcService<StoreIsAway>();
        await app.StartAsync();

        await using var database = await PostgresServer.CreateDatabaseAsync();
        await using var service = await AuthServiceHost.StartAsync(
            database.ConnectionString, "Privacy:Services=data", string.Create(CultureInfo.InvariantCulture, $"Services:data:grpc:0=http://127.0.0.1:{port}"), "Privacy:RevocationGrace=00:00:00");
        var registered = await service.Sessions.RegisterAsync(new RegisterRequest { Email = "only@example.com", Password = AuthFixture.Password });
        var person = new Person(registered.User.Id, "only@example.com", await service.Sessions.LoginAsync(new LoginRequest { Email = "only@example.com", Password = AuthFixture.Password }));
        var erasure = await service.Privacy.EraseUserAsync(new EraseUserRequest { User = person.Id, EvenLastAdministrator = true }, person.Headers);
        await PrivacyFixture.UntilAsync(async () =>
            (erasure = await service.Privacy.GetErasureAsync(new GetErasureRequest { Erasure = erasure.Id })).Steps.Any(static step => step.FailedAttempts > 0));

        Assert.Equal((OperationState.Waiting, ""), (erasure.State, erasure.Receipt));
        Assert.Equal("STORE_UNAVAILABLE", erasure.Steps.Single(static step => step.Service == "data").Problem);
    }

    private sealed class StoreIsAway : PersonalData.PersonalDataBase
    {
        public override Task<ErasePersonalDataResponse> ErasePersonalData(ErasePersonalDataRequest request, ServerCallContext context) =>
            throw new Aborted("STORE_UNAVAILABLE", "A store is away.").ToRpcException();
    }
}
