using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using AiMesh.Auth.V1;
using AiMesh.AuthService.Privacy;
using AiMesh.ServiceDefaults.Identity.Tokens;
using AiMesh.Testing;
using Grpc.Core;

namespace AiMesh.AuthService.Tests.Privacy;

/// <summary>A10: what proves an erasure.</summary>
[Collection(PrivacyTests.Name)]
[Trait("Level", "Server")]
public sealed class ReceiptTests(PrivacyFixture fixture)
{
    [Fact]
    public async Task Receipt_SaysWhatWasErasedWhereAndNamesNobody()
    {
        var administrator = await fixture.RegisterAsync();
        var erika = await fixture.AddAsync(administrator, "Erika Mustermann", "member");

        var erasure = await fixture.EraseAsync(administrator.Headers, erika.Id);

        var verified = await VerifyAsync(erasure.Receipt, erika.Id);
        Assert.True(verified.Valid, verified.Problem);
        Assert.True(verified.ConcernsUser);
        var statement = JsonNode.Parse(verified.Statement)!;
        Assert.Equal(erasure.Id, statement["jti"]!.GetValue<string>());
        var stores = statement["services"]!.AsArray().Single(service => service!["service"]!.GetValue<string>() == "auth")!["stores"]!.AsArray()
            .ToDictionary(static store => store!["store"]!.GetValue<string>(), static store => store!["erased"]!.GetValue<long>());
        Assert.Equal(1, stores["users"]);
        Assert.Equal(1, stores["sessions"]);
        Assert.Equal(1, stores["user_roles"]);
        Assert.NotEmpty(statement["kept"]!.AsArray());
        foreach (var name in new[] { erika.Id, erika.Email, "Erika", "Mustermann" })
            Assert.DoesNotContain(name, verified.Statement, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Verify_WithAnotherUser_SaysThatItIsNotAboutThem()
    {
        var administrator = await fixture.RegisterAsync();
        var erika = await fixture.AddAsync(administrator, "Erika Mustermann");
        var erasure = await fixture.EraseAsync(administrator.Headers, erika.Id);
        Assert.False((await VerifyAsync(erasure.Receipt, administrator.Id)).ConcernsUser);
    }

    [Fact]
    public async Task Verify_OfAnyChange_Fails()
    {
        var administrator = await fixture.RegisterAsync();
        var receipt = (await fixture.EraseAsync(administrator.Headers, administrator.Id, evenLastAdministrator: true)).Receipt;
        var parts = receipt.Split('.');
        var statement = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[1]));
        var forged = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(statement.Replace("\"erased\":1", "\"erased\":9", StringComparison.Ordinal)));
        Assert.NotEqual(parts[1], forged);

        foreach (var tampered in new[] { $"{parts[0]}.{forged}.{parts[2]}", $"{receipt}A", receipt[..^4], $"{receipt}=", "no receipt", administrator.Tokens.AccessToken })
            Assert.False((await VerifyAsync(tampered, administrator.Id)).Valid, tampered);
    }

    [Fact]
    public async Task Receipt_IsNoAccessToken()
    {
        var administrator = await fixture.RegisterAsync();
        var receipt = (await fixture.EraseAsync(administrator.Headers, administrator.Id, evenLastAdministrator: true)).Receipt;
        await Refusal.OfAsync(
            fixture.Service.Organisations.GetOrganisationAsync(new GetOrganisationRequest(), AuthServiceHost.With(receipt)), StatusCode.Unauthenticated);
    }

    [Fact]
    public async Task Receipt_OutlivesTheKeyThatSignedIt()
    {
        await using var database = await PostgresServer.CreateDatabaseAsync();
        await using var service = await AuthServiceHost.StartAsync(database.ConnectionString, "Privacy:Services=", "Privacy:RevocationGrace=00:00:00");
        var user = (await service.Sessions.RegisterAsync(new RegisterRequest { Email = "only@example.com", Password = AuthFixture.Password })).User;
        var tokens = await service.Sessions.LoginAsync(new LoginRequest { Email = user.Email, Password = AuthFixture.Password });
        var erasure = await service.Privacy.EraseUserAsync(new EraseUserRequest { User = user.Id, EvenLastAdministrator = true }, AuthServiceHost.With(tokens.AccessToken));
        await PrivacyFixture.UntilAsync(async () => (erasure = await service.Privacy.GetErasureAsync(new GetErasureRequest { Erasure = erasure.Id })).State == OperationState.Done);

        await database.ExecuteAsync("delete from signing_keys");

        Assert.True((await service.Privacy.VerifyReceiptAsync(new VerifyReceiptRequest { Receipt = erasure.Receipt })).Valid);
        Assert.True(AccessTokenKeySet.TryParse(await service.Http.GetByteArrayAsync(new Uri("/.well-known/receipt-keys.json", UriKind.Relative)), out var keys));
        Assert.True(SignedStatement.TryVerify(keys, Receipts.Type, erasure.Receipt, out _, out _));
    }

    [Fact]
    public async Task VerifyReceiptCommand_TellsGoodFromBadWithoutAServer()
    {
        var administrator = await fixture.RegisterAsync();
        var receipt = (await fixture.EraseAsync(administrator.Headers, administrator.Id, evenLastAdministrator: true)).Receipt;
        var folder = Directory.CreateTempSubdirectory("receipt");
        var (good, bad, keys) = (Path.Combine(folder.FullName, "good"), Path.Combine(folder.FullName, "bad"), Path.Combine(folder.FullName, "keys"));
        await File.WriteAllTextAsync(good, $"{receipt}\n");
        await File.WriteAllTextAsync(bad, receipt[..^1]);
        await File.WriteAllBytesAsync(keys, await fixture.Service.Http.GetByteArrayAsync(new Uri("/.well-known/receipt-keys.json", UriKind.Relative)));

        Assert.Equal(0, await RunAsync(good, "--keys", keys));
        Assert.Equal(0, await RunAsync(good, "--keys", keys, "--user", administrator.Id));
        Assert.Equal(1, await RunAsync(good, "--keys", keys, "--user", "somebody else"));
        Assert.Equal(1, await RunAsync(bad, "--keys", keys));
        Assert.Equal(2, await RunAsync(good, "--keys", good));
        Assert.Equal(2, await RunAsync(good, "--keys", Path.Combine(folder.FullName, "missing")));
        Assert.Equal(2, await RunAsync(good));
        folder.Delete(recursive: true);
    }

    private static Task<int> RunAsync(params string[] arguments) => VerifyReceiptCommand.RunAsync([VerifyReceiptCommand.Name, .. arguments], TextWriter.Null, TextWriter.Null);

    private async Task<VerifyReceiptResponse> VerifyAsync(string receipt, string user) =>
        await fixture.Service.Privacy.VerifyReceiptAsync(new VerifyReceiptRequest { Receipt = receipt, User = user });
}
