using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace AiMesh.Mesh.Tests.Authorization;

/// <summary>An organisation with one of everything, and a second one of everything that may be spoilt.</summary>
internal sealed class Tenant : IDisposable
{
    public const string Password = "a long enough passphrase 7";

    private readonly MeshFixture _mesh;
    private readonly HttpClient _admin;
    private readonly string _suffix = Random.Shared.Next(10_000_000, 99_999_999).ToString(CultureInfo.InvariantCulture);

    private Tenant(MeshFixture mesh)
    {
        _mesh = mesh;
        _admin = new HttpClient { BaseAddress = mesh.GatewayAddress };
        Marker = $"zq{_suffix}";
    }

    /// <summary>Stands in everything that belongs to this organisation.</summary>
    public string Marker { get; }

    public string AdminToken { get; private set; } = "";

    /// <summary>Nothing is changed about these.</summary>
    public Things Kept { get; private set; } = null!;

    public Things Spare { get; private set; } = null!;

    /// <summary>Credential of the kept device.</summary>
    public string DeviceCredential { get; private set; } = "";

    public static async Task<Tenant> CreateAsync(MeshFixture mesh)
    {
        var tenant = new Tenant(mesh);
        var email = tenant.EmailOf("admin");
        (await tenant._admin.PostAsync("/api/auth/register", $$"""{"email":"{{email}}","password":"{{Password}}","organisation":"{{tenant.Marker}}"}""")).Ok();
        tenant.AdminToken = await tenant.LoginAsync("admin");
        tenant._admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", tenant.AdminToken);
        tenant.Kept = await tenant.FurnishAsync("kept");
        tenant.Spare = await tenant.FurnishAsync("spare");
        return tenant;
    }

    public string EmailOf(string name) => $"{name}-{_suffix}@example.org";

    public async Task<string> LoginAsync(string name) => (await _mesh.LoginAsync(EmailOf(name), Password)).Text("accessToken");

    /// <returns>The id of the new user.</returns>
    public async Task<string> CreateUserAsync(string name, string role) => (await PostAsync(
        "/api/auth/users",
        $$$"""{"user":{"email":"{{{EmailOf(name)}}}","displayName":"{{{Marker}}}","roles":["{{{role}}}"]},"password":"{{{Password}}}"}""")).Text("id");

    /// <returns>Id and secret.</returns>
    public async Task<(string Id, string Secret)> CreateKeyAsync(string[] scopes, DateTimeOffset? expires = null)
    {
        var key = new JsonObject { ["displayName"] = Marker, ["scopes"] = new JsonArray([.. scopes.Select(static scope => JsonValue.Create(scope))]) };
        if (expires is { } moment)
            key["expireTime"] = moment.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        var created = await PostAsync("/api/auth/api-keys", key.ToJsonString());
        return (created["apiKey"]!.Text("id"), created.Text("secret"));
    }

    /// <returns>Id and secret.</returns>
    public async Task<(string Id, string Secret)> CreateClientAsync(string role, string scope)
    {
        var created = await PostAsync("/api/auth/clients", $$"""{"displayName":"{{Marker}}","roles":["{{role}}"],"scopes":["{{scope}}"]}""");
        return (created["client"]!.Text("id"), created.Text("secret"));
    }

    public async Task<string> ClientTokenAsync(string id, string secret)
    {
        using var form = new FormUrlEncodedContent([new("grant_type", "client_credentials"), new("client_id", id), new("client_secret", secret)]);
        using var anonymous = new HttpClient { BaseAddress = _mesh.GatewayAddress };
        using var response = await anonymous.PostAsync("/api/auth/token", form);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync())!.Text("access_token");
    }

    /// <returns>Id and credential.</returns>
    public async Task<(string Id, string Credential)> CreateDeviceAsync(string name)
    {
        var id = $"{name}-{_suffix}";
        var created = await PostAsync("/api/iot/devices", $$$"""{"deviceId":"{{{id}}}","device":{"displayName":"{{{Marker}}}"}}""");
        return (id, created.Text("credential"));
    }

    public async Task<JsonNode> PostAsync(string path, string json) => (await _admin.PostAsync(path, json)).Ok();

    /// <summary>As the administrator.</summary>
    public Task<Answer> FetchAsync(string path) => _admin.FetchAsync(path);

    public Task<Answer> PatchAsync(string path, string json) => _admin.CallAsync(HttpMethod.Patch, path, json);

    /// <summary>Everything that the administrator of this organisation can read, as text.</summary>
    public async Task<string> SnapshotAsync()
    {
        string[] paths =
        [
            "/api/auth/organisation", "/api/auth/users?pageSize=1000", "/api/auth/roles", "/api/auth/api-keys?pageSize=1000", "/api/auth/clients?pageSize=1000", "/api/auth/policies", "/api/auth/identity-providers",
            "/api/data/datasets?pageSize=1000", $"/api/data/datasets/{Kept.Dataset}/items", $"/api/data/datasets/{Spare.Dataset}/items",
            "/api/iot/devices?pageSize=1000", $"/api/iot/devices/{Kept.Device}/readings?pageSize=1000", "/api/iot/alerts?pageSize=1000",
            "/api/ai/calls?pageSize=1000",
        ];
        var answers = new List<string>();
        foreach (var path in paths)
            answers.Add($"{path}: {(await _admin.FetchAsync(path)).Ok().ToJsonString()}");
        return string.Join('\n', answers);
    }

    public void Dispose() => _admin.Dispose();

    private async Task<Things> FurnishAsync(string purpose)
    {
        var dataset = $"{purpose}-{_suffix}";
        await PostAsync("/api/data/datasets", $$"""
            {"datasetId":"{{dataset}}","dataset":{"displayName":"{{Marker}}",
             "fields":[{"name":"title","type":"STRING","classification":"PUBLIC","visibleTo":["*"]}],
             "rowRules":[{"roles":["*"],"actions":["READ","CREATE","UPDATE","DELETE"]}]} }
            """);
        var item = (await PostAsync($"/api/data/datasets/{dataset}/items", $$$"""{"fields":{"title":"{{{Marker}}}"}}""")).Text("name").Split('/')[^1];
        var device = await CreateDeviceAsync(purpose);
        if (purpose == "kept")
            DeviceCredential = device.Credential;

        var role = $"{purpose}-{_suffix}";
        await PostAsync("/api/auth/roles", $$"""{"name":"{{role}}","description":"{{Marker}}","permissions":["data:list"]}""");

        // Takes away what nobody has.
        await PostAsync("/api/auth/policies", $$"""{"name":"{{role}}","description":"{{Marker}}","effect":"DENY","permissions":["nothing:at:all"]}""");
        return new Things(
            dataset, item, device.Id, await CreateUserAsync(purpose, role), role,
            (await CreateKeyAsync(["data:list"])).Id, (await CreateClientAsync("viewer", "data:list")).Id, await RaiseAlertAsync(device.Id), role);
    }

    /// <summary>Enough of the usual for the detector to learn, then something unusual.</summary>
    private async Task<string> RaiseAlertAsync(string device)
    {
        var start = DateTimeOffset.UtcNow.AddMinutes(-300);
        var usual = Enumerable.Range(0, 210).Select(i => (Value: 60 + Math.Sin(i), Time: start.AddMinutes(i)));
        var readings = usual.Append((Value: 900, Time: start.AddMinutes(250))).Select(reading => string.Create(
            CultureInfo.InvariantCulture, $$"""{"metric":"{{Marker}}","value":{{reading.Value}},"time":"{{reading.Time:O}}"}"""));
        await PostAsync("/api/iot/ingest", $$"""{"deviceId":"{{device}}","readings":[{{string.Join(',', readings)}}]}""");
        var alerts = (await _admin.FetchAsync($"/api/iot/alerts?device={device}")).Ok();
        return Assert.Single(alerts.Array("alerts"))!.Text("name").Split('/')[^1];
    }
}
