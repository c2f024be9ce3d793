using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using AiMesh.Auth.V1;
using Grpc.Core;

namespace AiMesh.AuthService.Tests.Privacy;

/// <summary>A10: exporting people.</summary>
[Collection(PrivacyTests.Name)]
[Trait("Level", "Server")]
public sealed class ExportTests(PrivacyFixture fixture)
{
    [Fact]
    public async Task Export_HoldsWhatIsKeptAndNoSecretOfIt()
    {
        var administrator = await fixture.RegisterAsync();
        var erika = await fixture.AddAsync(administrator, "Erika Mustermann", "member");
        var otto = await fixture.AddAsync(administrator, "Otto Normal", "member");
        var key = await fixture.Service.ApiKeys.CreateApiKeyAsync(
            new CreateApiKeyRequest { ApiKey = new ApiKey { DisplayName = "Reports", Scopes = { "data:list" } } }, erika.Headers);
        await fixture.AskAsync<int>(
            "insert into external_accounts (organisation, issuer, subject, user_id) select organisation, 'https://idp.example', 'erika-4711', id from users where id = @Id returning 1",
            new { erika.Id });

        var files = await fixture.ExportAsync(erika, erika.Id);

        Assert.Contains("Erika Mustermann", files["auth/users.jsonl"], StringComparison.Ordinal);
        Assert.Contains("erika-4711", files["auth/external_accounts.jsonl"], StringComparison.Ordinal);
        Assert.Contains("member", files["auth/user_roles.jsonl"], StringComparison.Ordinal);
        Assert.Contains("Reports", files["auth/api_keys.jsonl"], StringComparison.Ordinal);
        Assert.Single(Lines(files["auth/sessions.jsonl"]));
        Assert.Contains(Lines(files["auth/audit_events.jsonl"]), line => line["action"]!.GetValue<string>() == "session.login" && line["address"]!.GetValue<string>() == "127.0.0.1");
        var all = string.Concat(files.Values);
        Assert.DoesNotContain("argon2", all, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("pbkdf2", all, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("_hash", all, StringComparison.Ordinal);
        Assert.DoesNotContain(key.Secret, all, StringComparison.Ordinal);
        Assert.DoesNotContain(otto.Id, all, StringComparison.Ordinal);
        Assert.DoesNotContain(otto.Email, all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_NamesEachPartWithItsHash()
    {
        var administrator = await fixture.RegisterAsync();

        var files = await fixture.ExportAsync(administrator, administrator.Id);

        var manifest = JsonNode.Parse(files["manifest.json"])!;
        var parts = manifest["parts"]!.AsArray();
        Assert.Equal(files.Keys.Where(static file => file != "manifest.json").Order(), parts.Select(static part => part!["file"]!.GetValue<string>()).Order());
        Assert.All(parts, part =>
        {
            var bytes = Encoding.UTF8.GetBytes(files[part!["file"]!.GetValue<string>()]);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), part["sha256"]!.GetValue<string>());
            Assert.Equal(bytes.Length, part["bytes"]!.GetValue<long>());
            Assert.Equal(bytes.Count(static letter => letter == '\n'), part["records"]!.GetValue<long>());
        });
    }

    [Fact]
    public async Task Export_OfSomebodyElse_TakesThePermission()
    {
        var administrator = await fixture.RegisterAsync();
        var erika = await fixture.AddAsync(administrator, "Erika Mustermann", "member");

        var refused = await Refusal.OfAsync(
            fixture.Service.Privacy.ExportUserAsync(new ExportUserRequest { User = administrator.Id }, erika.Headers), StatusCode.PermissionDenied);

        Assert.Equal("auth:users:export", refused.Info!.Metadata["permission"]);
        Assert.Contains(erika.Email, (await fixture.ExportAsync(administrator, erika.Id))["auth/users.jsonl"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_ByAnotherOrganisation_FindsNobody()
    {
        var administrator = await fixture.RegisterAsync();
        var stranger = await fixture.RegisterAsync();
        await Refusal.OfAsync(fixture.Service.Privacy.ExportUserAsync(new ExportUserRequest { User = administrator.Id }, stranger.Headers), StatusCode.NotFound);
    }

    [Fact]
    public async Task Archive_IsForWhoeverAskedForItOnly()
    {
        var administrator = await fixture.RegisterAsync();
        var erika = await fixture.AddAsync(administrator, "Erika Mustermann", "member");
        var export = await fixture.Service.Privacy.ExportUserAsync(new ExportUserRequest { User = administrator.Id }, administrator.Headers);
        var request = new GetExportRequest { Export = export.Id };
        await PrivacyFixture.UntilAsync(async () => (await fixture.Service.Privacy.GetExportAsync(request, administrator.Headers)).State == OperationState.Done);

        await Refusal.OfAsync(fixture.Service.Privacy.GetExportAsync(request, erika.Headers), StatusCode.NotFound);
        using var response = await fixture.DownloadAsync(export.Id, erika);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        using var anonymous = await fixture.Service.Http.GetAsync(new Uri($"/api/auth/exports/{export.Id}/archive", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Unauthorized, anonymous.StatusCode);
    }

    [Fact]
    public async Task Archive_WhoseTimeIsUp_IsDeleted()
    {
        var administrator = await fixture.RegisterAsync();
        var export = await fixture.Service.Privacy.ExportUserAsync(new ExportUserRequest { User = administrator.Id }, administrator.Headers);
        var request = new GetExportRequest { Export = export.Id };
        await PrivacyFixture.UntilAsync(async () => (export = await fixture.Service.Privacy.GetExportAsync(request, administrator.Headers)).State == OperationState.Done);
        Assert.Equal(24, (export.ExpireTime - export.CreateTime).ToTimeSpan().TotalHours, 0.1);

        await fixture.Database.ExecuteAsync($"update privacy_operations set expires_at = now() - interval '1 second' where id = '{export.Id}'");

        await PrivacyFixture.UntilAsync(async () => await fixture.AskAsync<long>("select count(*) from privacy_pieces where operation = @Id", new { export.Id }) == 0);
        await Refusal.OfAsync(fixture.Service.Privacy.GetExportAsync(request, administrator.Headers), StatusCode.NotFound);
    }

    [Fact]
    public async Task Archive_InTheDatabase_IsNotReadable()
    {
        var administrator = await fixture.RegisterAsync();
        await fixture.ExportAsync(administrator, administrator.Id);

        var places = await Testing.PersonScan.FindAsync(fixture.Database.ConnectionString, administrator.Email);

        Assert.DoesNotContain(places, static place => place.StartsWith("public.privacy_", StringComparison.Ordinal));
    }

    private static IEnumerable<JsonNode> Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonNode.Parse(line)!);
}
