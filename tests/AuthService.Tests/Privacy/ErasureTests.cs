using AiMesh.Auth.V1;
using AiMesh.AuthService.Tests.ExternalSignIn;
using AiMesh.Testing;
using Grpc.Core;
using Npgsql;

namespace AiMesh.AuthService.Tests.Privacy;

/// <summary>A10: erasing people.</summary>
[Collection(PrivacyTests.Name)]
[Trait("Level", "Server")]
public sealed class ErasureTests(PrivacyFixture fixture)
{
    private const string Name = "Erika Mustermann";

    /// <summary>Where the id of an erased person may still stand: the chain never changes (docs/decisions/0015).</summary>
    private static readonly string[] Documented = ["public.audit_events.actor", "public.audit_events.target"];

    [Fact]
    public async Task Erase_LeavesThePersonInNoTableButTheAuditChain()
    {
        const string UnlikeAnyOther = "Erika Scan-Mustermann";
        var administrator = await fixture.RegisterAsync();
        var erika = await fixture.AddAsync(administrator, UnlikeAnyOther, "member");
        await fixture.Service.ApiKeys.CreateApiKeyAsync(
            new CreateApiKeyRequest { ApiKey = new ApiKey { DisplayName = $"Key of {UnlikeAnyOther}", Scopes = { "data:list" } } }, erika.Headers);
        await Assert.ThrowsAsync<RpcException>(() =>
            fixture.Service.Sessions.LoginAsync(new LoginRequest { Email = erika.Email, Password = "not the password" }).ResponseAsync);
        await fixture.ExportAsync(erika, erika.Id);
        await fixture.Service.Privacy.ExportUserAsync(new ExportUserRequest { User = administrator.Id }, administrator.Headers);
        Assert.Contains("public.users.email", await FindAsync());

        await fixture.EraseAsync(administrator.Headers, erika.Id);

        Assert.Empty((await FindAsync()).Except(Documented));
        Assert.Equal(0, await fixture.AskAsync<long>("select count(*) from person_keys where user_id = @Id", new { erika.Id }));
        Assert.NotEmpty(await PersonScan.FindAsync(fixture.Database.ConnectionString, administrator.Id));

        Task<IReadOnlyList<string>> FindAsync() => PersonScan.FindAsync(fixture.Database.ConnectionString, erika.Id, erika.Email, UnlikeAnyOther);
    }

    [Fact]
    public async Task Erase_KeepsTheAuditChainWholeAndItsAddressesUnreadable()
    {
        var administrator = await fixture.RegisterAsync();
        var erika = await fixture.AddAsync(administrator, Name, "member");
        var before = await fixture.AskAsync<long>("select count(*) from audit_events where actor = @Id or target = @Id", new { erika.Id });
        Assert.Equal(0, await fixture.AskAsync<long>("select count(*) from audit_events where actor = @Id and address not like 'sealed:%'", new { erika.Id }));

        await fixture.EraseAsync(administrator.Headers, erika.Id);

        Assert.True(await fixture.AskAsync<long>("select count(*) from audit_events where actor = @Id or target = @Id", new { erika.Id }) > before);
        await using var connection = new NpgsqlConnection(fixture.Database.ConnectionString);
        await connection.OpenAsync();
        Assert.All(await ServiceDefaults.Audit.AuditVerifier.VerifyAsync(connection, [], CancellationToken.None), static finding => Assert.Null(finding.Break));
    }

    [Fact]
    public async Task Erase_LeavesNothingOfAnAccountAtAProvider_AlsoInTheAuditChain()
    {
        const string Subject = "erika-4712-at-the-provider";
        await using var provider = await FakeProvider.StartAsync();
        var administrator = await fixture.RegisterAsync();
        var erika = await fixture.AddAsync(administrator, Name, "member");
        var providers = new IdentityProviders.IdentityProvidersClient(fixture.Service.Channel);
        await providers.CreateIdentityProviderAsync(
            new CreateIdentityProviderRequest
            {
                IdentityProvider = new IdentityProvider
                {
                    Name = "corporate",
                    Issuer = provider.Issuer,
                    ClientId = FakeProvider.ClientId,
                    ClientSecret = FakeProvider.ClientSecret,
                    DefaultRole = "viewer",
                },
            },
            administrator.Headers);
        await providers.LinkExternalAccountAsync(new LinkExternalAccountRequest { IdentityProvider = "corporate", Subject = Subject, User = erika.Id }, administrator.Headers);

        // Who it is about is told; the administrator, who did it, is told of the act alone.
        Assert.Contains(Subject, (await fixture.ExportAsync(erika, erika.Id))["auth/audit_events.jsonl"], StringComparison.Ordinal);
        Assert.DoesNotContain(Subject, (await fixture.ExportAsync(administrator, administrator.Id))["auth/audit_events.jsonl"], StringComparison.Ordinal);
        Assert.Equal(["public.external_accounts.subject"], await PersonScan.FindAsync(fixture.Database.ConnectionString, Subject));

        await fixture.EraseAsync(administrator.Headers, erika.Id);

        Assert.Empty(await PersonScan.FindAsync(fixture.Database.ConnectionString, Subject));
        Assert.Equal(1, await fixture.AskAsync<long>("select count(*) from audit_events where action = 'user.link' and target = @Id", new { erika.Id }));
    }

    [Fact]
    public async Task Erase_EndsTokensSessionsAndKeysBeforeItAnswers()
    {
        var administrator = await fixture.RegisterAsync();
        var erika = await fixture.AddAsync(administrator, Name, "admin");

        await fixture.Service.Privacy.EraseUserAsync(new EraseUserRequest { User = erika.Id }, administrator.Headers);

        await Refusal.OfAsync(fixture.Service.Users.GetUserAsync(new GetUserRequest { User = administrator.Id }, erika.Headers), StatusCode.Unauthenticated);
        await Refusal.OfAsync(fixture.Service.Sessions.RefreshAsync(new RefreshRequest { RefreshToken = erika.Tokens.RefreshToken }), StatusCode.Unauthenticated);
        await Refusal.OfAsync(fixture.Service.Sessions.LoginAsync(new LoginRequest { Email = erika.Email, Password = AuthFixture.Password }), StatusCode.Unauthenticated);
    }

    [Fact]
    public async Task Erase_Again_AnswersTheSameReceipt()
    {
        var administrator = await fixture.RegisterAsync();
        var erika = await fixture.AddAsync(administrator, Name);
        var first = await fixture.EraseAsync(administrator.Headers, erika.Id);

        var second = await fixture.EraseAsync(administrator.Headers, erika.Id);

        Assert.NotEmpty(first.Receipt);
        Assert.Equal(first, second);
    }

    [Fact]
    public async Task Erase_FreesTheAddress()
    {
        var administrator = await fixture.RegisterAsync();
        var erika = await fixture.AddAsync(administrator, Name);
        await fixture.EraseAsync(administrator.Headers, erika.Id);

        var again = await fixture.Service.Users.CreateUserAsync(
            new CreateUserRequest { User = new User { Email = erika.Email }, Password = AuthFixture.Password }, administrator.Headers);

        Assert.NotEqual(erika.Id, again.Id);
    }

    [Fact]
    public async Task Erase_OfTheLastAdministrator_TakesSayingSo()
    {
        var administrator = await fixture.RegisterAsync();
        var colleague = await fixture.AddAsync(administrator, Name, "member");

        var refused = await Refusal.OfAsync(
            fixture.Service.Privacy.EraseUserAsync(new EraseUserRequest { User = administrator.Id }, administrator.Headers), StatusCode.FailedPrecondition);
        Assert.Equal("LAST_ADMINISTRATOR", refused.Reason);
        Assert.Equal(OperationState.Done, (await fixture.EraseAsync(administrator.Headers, administrator.Id, evenLastAdministrator: true)).State);
        Assert.NotNull(colleague);
    }

    [Fact]
    public async Task Erase_OfSomebodyElse_TakesThePermission()
    {
        var administrator = await fixture.RegisterAsync();
        var erika = await fixture.AddAsync(administrator, Name, "member");
        var otto = await fixture.AddAsync(administrator, "Otto Normal", "member");

        var refused = await Refusal.OfAsync(fixture.Service.Privacy.EraseUserAsync(new EraseUserRequest { User = otto.Id }, erika.Headers), StatusCode.PermissionDenied);

        Assert.Equal("auth:users:erase", refused.Info!.Metadata["permission"]);
        Assert.Equal(OperationState.Done, (await fixture.EraseAsync(erika.Headers, erika.Id)).State);
        await fixture.SignInAsync(otto.Id, otto.Email);
    }

    [Fact]
    public async Task Erase_ByAnotherOrganisation_FindsNobody()
    {
        var administrator = await fixture.RegisterAsync();
        var stranger = await fixture.RegisterAsync();

        await Refusal.OfAsync(
            fixture.Service.Privacy.EraseUserAsync(new EraseUserRequest { User = administrator.Id, EvenLastAdministrator = true }, stranger.Headers), StatusCode.NotFound);
        await fixture.SignInAsync(administrator.Id, administrator.Email);
    }

    [Fact]
    public async Task Erase_WhileAServiceIsAway_WaitsAndSaysSo()
    {
        await using var database = await PostgresServer.CreateDatabaseAsync();
        Erasure erasure;
        Person administrator;
        await using (var service = await AuthServiceHost.StartAsync(
            database.ConnectionString, "Privacy:Services=nowhere", "Services:nowhere:grpc:0=http://127.0.0.1:9", "Privacy:RevocationGrace=00:00:00"))
        {
            var registered = await service.Sessions.RegisterAsync(new RegisterRequest { Email = "only@example.com", Password = AuthFixture.Password });
            administrator = new Person(
                registered.User.Id, "only@example.com", await service.Sessions.LoginAsync(new LoginRequest { Email = "only@example.com", Password = AuthFixture.Password }));
            erasure = await service.Privacy.EraseUserAsync(new EraseUserRequest { User = administrator.Id, EvenLastAdministrator = true }, administrator.Headers);
            await PrivacyFixture.UntilAsync(async () =>
                (erasure = await service.Privacy.GetErasureAsync(new GetErasureRequest { Erasure = erasure.Id })).Steps.Any(static step => step.FailedAttempts > 1));
        }

        Assert.Equal(OperationState.Waiting, erasure.State);
        Assert.Equal("UNAVAILABLE", erasure.Steps.Single(static step => step.Service == "nowhere").Problem);
        Assert.Equal(OperationState.Running, erasure.Steps.Single(static step => step.Service == "auth").State);
        Assert.NotEmpty(await PersonScan.FindAsync(database.ConnectionString, administrator.Email));
    }
}
