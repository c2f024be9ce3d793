using System.Globalization;
using System.Net.Http.Headers;
using AiMesh.Iot.V1;
using AiMesh.Testing;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Npgsql;

namespace AiMesh.IoTIngest.Tests;

/// <summary>One database, one authority and one running service for all tests that need nothing special. Each test has an organisation of its own.</summary>
public sealed class IotFixture : IAsyncLifetime
{
    private static int _organisations;

    public PostgresDatabase Database { get; private set; } = null!;

    public TestAuthority Authority { get; private set; } = null!;

    public IotServiceHost Service { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Database = await PostgresServer.CreateDatabaseAsync();
        Authority = await TestAuthority.StartAsync();
        Service = await IotServiceHost.StartAsync(Database.ConnectionString, Authority);
    }

    public async Task DisposeAsync()
    {
        await Service.DisposeAsync();
        await Authority.DisposeAsync();
        await Database.DisposeAsync();
    }

    /// <summary>Somebody who may do everything in an organisation that no test used before.</summary>
    internal Operator NewOperator(IotServiceHost? service = null) =>
        OperatorOf(string.Create(CultureInfo.InvariantCulture, $"org-{Interlocked.Increment(ref _organisations)}"), service);

    internal Operator OperatorOf(string organisation, IotServiceHost? service = null, params string[] permissions) =>
        new(service ?? Service, organisation, Authority.Token(organisation: organisation, permissions: permissions.Length == 0 ? ["*"] : permissions));

    /// <summary>Asks the database as superuser, past row-level security.</summary>
    public async Task<T> AskAsync<T>(string sql, params object[] arguments)
    {
        await using var connection = new NpgsqlConnection(Database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var argument in arguments)
            command.Parameters.Add(new NpgsqlParameter { Value = argument });
        return (T)(await command.ExecuteScalarAsync())!;
    }
}

/// <summary>A person with an access token, and the clients to use it with.</summary>
internal sealed class Operator(IotServiceHost service, string organisation, string token)
{
    public IotServiceHost Service => service;

    public string Organisation => organisation;

    public string Token => token;

    public Metadata Headers { get; } = new() { { "authorization", $"Bearer {token}" } };

    public Iot.V1.Devices.DevicesClient Devices { get; } = new(service.Channel);

    public Iot.V1.Ingest.IngestClient Ingest { get; } = new(service.Channel);

    public Iot.V1.Readings.ReadingsClient Readings { get; } = new(service.Channel);

    public Iot.V1.Alerts.AlertsClient Alerts { get; } = new(service.Channel);

    public async Task<TestDevice> CreateDeviceAsync(string id = "pump-1")
    {
        var created = await Devices.CreateDeviceAsync(new CreateDeviceRequest { DeviceId = id }, Headers);
        return new TestDevice(organisation, id, created.Credential);
    }

    public async Task<IReadOnlyList<Reading>> ReadAsync(string device = "pump-1", string metric = "") =>
        [.. (await Readings.ListReadingsAsync(
            new ListReadingsRequest { Device = device, Metric = metric, PageSize = 10_000, StartTime = Timestamp.FromDateTime(DateTime.UtcNow.AddDays(-31)), EndTime = Timestamp.FromDateTime(DateTime.UtcNow.AddHours(1)) },
            Headers)).Readings];

    public HttpRequestMessage Request(HttpMethod method, string path, string? json = null)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (json is not null)
            request.Content = new StringContent(json, new MediaTypeHeaderValue("application/json"));
        return request;
    }
}

internal sealed record TestDevice(string Organisation, string Id, string Credential)
{
    public Metadata Headers => new() { { "authorization", $"Device {Credential}" } };

    public IngestReadingsRequest Request(string requestId, params IEnumerable<(string Metric, double Value, DateTime? Time)> readings) => new()
    {
        DeviceId = Id,
        RequestId = requestId,
        Readings = { readings.Select(static one => new Reading { Metric = one.Metric, Value = one.Value, Time = one.Time is { } time ? Timestamp.FromDateTime(time) : null }) },
    };
}

[CollectionDefinition(Name)]
public sealed class IotTests : ICollectionFixture<IotFixture>
{
    public const string Name = "IoTIngest";
}
