using System.Diagnostics;
using AiMesh.Auth.V1;
using AiMesh.ServiceDefaults.Identity.Tokens;
using AiMesh.Testing;
using Grpc.Core;
using StackExchange.Redis;

namespace AiMesh.AuthService.Tests.Revocations;

[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class RevocationFeedTests(AuthFixture fixture)
{
    [Fact]
    public async Task Revocation_WithRedis_IsAnnounced()
    {
        var server = await RedisServer.GetSharedAsync();
        await using var service = await AuthServiceHost.StartAsync(fixture.Database.ConnectionString, $"ConnectionStrings:redis={server.ConnectionString}");
        using var redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        var announced = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await redis.GetSubscriber().SubscribeAsync(RevocationList.Channel, (_, _) => announced.TrySetResult());
        var person = await fixture.RegisterAsync();

        await service.Sessions.LogoutAsync(new LogoutRequest(), person.Headers);

        await announced.Task.WaitAsync(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task Revocation_WithRedisGone_StillHappensAndTakesNoTime()
    {
        await using var service = await AuthServiceHost.StartAsync(
            fixture.Database.ConnectionString, $"ConnectionStrings:redis=127.0.0.1:{FreePort.Next()},abortConnect=false");
        var person = await fixture.RegisterAsync();
        await service.Sessions.VerifyAsync(new VerifyRequest(), person.Headers);
        var started = Stopwatch.GetTimestamp();

        await service.Sessions.LogoutAsync(new LogoutRequest(), person.Headers);

        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(2));
        await Refusal.OfAsync(service.Sessions.VerifyAsync(new VerifyRequest(), person.Headers), StatusCode.Unauthenticated);
    }
}
