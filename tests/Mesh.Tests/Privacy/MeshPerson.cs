using System.Net.Http.Headers;

namespace AiMesh.Mesh.Tests.Privacy;

/// <summary>A member of the demo organisation, known to no other test.</summary>
internal sealed record MeshPerson(string Id, string Email, string DisplayName, string Token, Uri Gateway)
{
    private const string Password = "Quite-a-long-word-2026!";

    /// <summary>A text that only this person's row has.</summary>
    public string Mark => $"Fund of {DisplayName}";

    public string DeviceId => $"phone-{Id[^12..]}";

    public static async Task<MeshPerson> CreateAsync(MeshFixture mesh, HttpClient admin, string name)
    {
        var unique = Guid.NewGuid().ToString("N")[..12];
        var email = $"{name.ToLowerInvariant()}.{unique}@people.example";
        var displayName = $"{name} Mustermann{unique}";
        var created = (await admin.PostAsync(
            "/api/auth/users", $$"""{"user":{"email":"{{email}}","displayName":"{{displayName}}","roles":["member"]},"password":"{{Password}}"}""")).Ok();
        var token = (await mesh.LoginAsync(email, Password)).Text("accessToken");
        return new MeshPerson(created.Text("id"), email, displayName, token, mesh.GatewayAddress);
    }

    public HttpClient Client()
    {
        var client = new HttpClient { BaseAddress = Gateway, Timeout = TimeSpan.FromSeconds(60) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        return client;
    }

    /// <summary>Uses every service, so that each comes to keep something about the person.</summary>
    public async Task LeaveTracesAsync(HttpClient admin)
    {
        using var client = Client();
        (await client.PostAsync("/api/auth/api-keys", $$"""{"displayName":"Key of {{DisplayName}}","scopes":["data:list"]}""")).Ok();
        (await client.PostAsync(
            "/api/data/datasets/surveys/items", $$"""{"fields":{"organisation_name":"{{DisplayName}}","fund_name":"{{Mark}}","submission_status":"draft"} }""")).Ok();
        (await admin.PostAsync(
            "/api/data/datasets/surveys/items",
            $$"""{"fields":{"organisation_name":"About somebody","fund_name":"{{Mark}}","submission_status":"draft","contact_email":"{{Email}}","contact_name":"{{DisplayName}}"} }""")).Ok();
        (await client.PostAsync("/api/ai/ask", """{"question":"How many surveys are there?","datasets":["surveys"]}""")).Ok();
        (await client.PostAsync(
            "/api/iot/devices", $$"""{"deviceId":"{{DeviceId}}","device":{"displayName":"Phone of {{DisplayName}}","metadata":{"owner":"{{Email}}"} } }""")).Ok();
    }
}
