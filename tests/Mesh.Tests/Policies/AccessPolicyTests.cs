using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;

namespace AiMesh.Mesh.Tests.Policies;

/// <summary>A5: what an administrator writes at the gateway, another service goes by within two seconds.</summary>
[Collection(MeshTests.Name)]
[Trait("Level", "Server")]
public sealed class AccessPolicyTests(MeshFixture mesh)
{
    private const string Password = "a long enough passphrase 7";

    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(2);

    // Neither now (it says other days than today), nor from here (the tests come from loopback).
    private static string Body => $$"""
        {"name":"mesh-tests-deletes","effect":"DENY","permissions":["data:delete:*"],
         "condition":"context.weekday = {{DateTime.UtcNow.AddDays(3).DayOfWeek.ToString().ToLowerInvariant()}} OR NOT context.address = 198.51.100.0/24"}
        """;

    [Fact]
    public async Task Policy_WrittenAtTheGateway_RefusesInDataServiceWithinTwoSeconds_AndIsTakenBack()
    {
        using var administrator = await mesh.ClientAsync("admin");
        using var member = await AddAsync(administrator);
        using var stranger = await RegisterAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await DeleteItemAsync(member)).Status);

        var created = (await administrator.PostAsync("/api/auth/policies", Body)).Ok();
        try
        {
            await WithinTwoSecondsAsync(async () => (await DeleteItemAsync(member)).Status == HttpStatusCode.Forbidden);
            var refused = await DeleteItemAsync(member);
            Assert.Contains("POLICY_DENIED", refused.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("mesh-tests-deletes", refused.Text, StringComparison.Ordinal);
            Assert.Contains("mesh-tests-deletes", (await DeleteItemAsync(administrator)).Text, StringComparison.Ordinal);

            // It is about deleting only, and about this organisation only.
            (await member.FetchAsync("/api/data/datasets/surveys/items")).Ok();
            Assert.Equal(HttpStatusCode.NotFound, (await DeleteItemAsync(stranger)).Status);

            var who = (await member.FetchAsync("/api/auth/verify")).Ok().Text("subject");
            var why = (await administrator.FetchAsync($"/api/auth/users/{who}:why?permission=data:delete:surveys&address=127.0.0.1")).Ok();
            Assert.False(why["allowed"]?.GetValue<bool>() ?? false);
            Assert.Contains("policy mesh-tests-deletes denies it", why.ToJsonString(), StringComparison.Ordinal);
        }
        finally
        {
            var deleted = await administrator.CallAsync(HttpMethod.Delete, $"/api/auth/policies/mesh-tests-deletes?etag={created.Text("etag")}", null);
            Assert.Equal(HttpStatusCode.OK, deleted.Status);
        }

        await WithinTwoSecondsAsync(async () => (await DeleteItemAsync(member)).Status == HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Address_IsTheClients_AlsoBehindTwoServices()
    {
        using var administrator = await mesh.ClientAsync("admin");
        using var member = await mesh.ClientAsync("member");
        const string Ask = """{"question":"How many surveys are there?","datasets":["surveys"]}""";

        // DataService hears of the client from AiService, which heard of it from the gateway; what the client itself says of it counts nowhere. A dataset that
        // may not be read now is, for Ask, one that is not there.
        member.DefaultRequestHeaders.Add("X-Forwarded-For", "198.51.100.7");
        await PutAsync("context.address = 198.51.100.0/24");
        try
        {
            await WithinTwoSecondsAsync(async () => (await member.PostAsync("/api/ai/ask", Ask)).Status == HttpStatusCode.NotFound);
            await PutAsync("context.address = 127.0.0.0/8 OR context.address = ::1");
            await WithinTwoSecondsAsync(async () => (await member.PostAsync("/api/ai/ask", Ask)).Status == HttpStatusCode.OK);
        }
        finally
        {
            await administrator.CallAsync(HttpMethod.Delete, "/api/auth/policies/mesh-tests-reads", null);
        }

        async Task PutAsync(string condition)
        {
            var policy = $$"""{"name":"mesh-tests-reads","effect":"ALLOW_ONLY_IF","permissions":["data:read:surveys"],"condition":"{{condition}}"}""";
            var answer = await administrator.CallAsync(HttpMethod.Patch, "/api/auth/policies/mesh-tests-reads?updateMask=condition", policy);
            if (answer.Status == HttpStatusCode.NotFound) answer = await administrator.PostAsync("/api/auth/policies", policy);
            answer.Ok();
        }
    }

    [Fact]
    public async Task PolicySets_AreNotToBeHadAtTheGateway()
    {
        using var administrator = await mesh.ClientAsync("admin");
        Assert.Equal(HttpStatusCode.NotFound, (await administrator.FetchAsync("/internal/access-policies?after=0")).Status);
    }

    // Of a row that there is not: whoever may delete learns just that.
    private static Task<Answer> DeleteItemAsync(HttpClient client) => client.CallAsync(HttpMethod.Delete, "/api/data/datasets/surveys/items/none", null);

    /// <summary>Somebody of another organisation.</summary>
    private async Task<HttpClient> RegisterAsync()
    {
        var email = $"{Guid.NewGuid():N}@example.org";
        using var client = await mesh.ClientAsync(null);
        (await client.PostAsync("/api/auth/register", $$"""{"email":"{{email}}","password":"{{Password}}"}""")).Ok();
        return await SignInAsync(email);
    }

    /// <summary>Somebody of the demo who may delete, and no more than members otherwise.</summary>
    private async Task<HttpClient> AddAsync(HttpClient administrator)
    {
        var name = $"deleter-{Guid.NewGuid():N}";
        (await administrator.PostAsync("/api/auth/roles", $$"""{"name":"{{name}}","permissions":["data:delete:*"],"includes":["member"]}""")).Ok();
        (await administrator.PostAsync("/api/auth/users", $$"""{"user":{"email":"{{name}}@example.org","roles":["{{name}}"]},"password":"{{Password}}"}""")).Ok();
        return await SignInAsync($"{name}@example.org");
    }

    private async Task<HttpClient> SignInAsync(string email)
    {
        var client = await mesh.ClientAsync(null);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await mesh.LoginAsync(email, Password)).Text("accessToken"));
        return client;
    }

    private static async Task WithinTwoSecondsAsync(Func<Task<bool>> condition)
    {
        var changed = Stopwatch.GetTimestamp();
        while (true)
        {
            // When a call began decides: how long the answer took on a busy machine is another matter.
            var asked = Stopwatch.GetElapsedTime(changed);
            if (await condition()) return;
            Assert.True(asked < Promise, "not so after two seconds");
            await Task.Delay(50);
        }
    }
}
