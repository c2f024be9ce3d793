using AiMesh.Common.V1;
using AiMesh.Iot.V1;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.Testing;
using Grpc.Core;

namespace AiMesh.IoTIngest.Tests.Privacy;

/// <summary>A10: devices stay with the organisation; who registered them and whom texts name does not.</summary>
[Collection(IotTests.Name)]
[Trait("Level", "Server")]
public sealed class PersonalDataTests(IotFixture fixture)
{
    private readonly string _id = Guid.NewGuid().ToString("N");

    private string Email => $"erika.{_id[..8]}@people.example";

    private Person Erika => new() { Id = _id, Email = Email, DisplayName = $"Erika Mustermann{_id[..8]}" };

    [Fact]
    public async Task Export_HoldsDevicesThatThePersonRegisteredOrThatNameThem()
    {
        var admin = fixture.NewOperator();
        await CreateAsync(admin, _id, "hers", "A press");
        await CreateAsync(admin, "otto", "names-her", $"Badge of {Erika.DisplayName}");
        await CreateAsync(admin, "otto", "not-hers", $"x{Email}");

        var devices = (await ExportAsync(admin.Organisation))["devices"];

        Assert.Contains("\"hers\"", devices, StringComparison.Ordinal);
        Assert.Contains("\"names-her\"", devices, StringComparison.Ordinal);
        Assert.DoesNotContain("not-hers", devices, StringComparison.Ordinal);
        Assert.DoesNotContain("credential", devices, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Erase_KeepsTheDeviceAndForgetsThePerson()
    {
        var admin = fixture.NewOperator();
        await CreateAsync(admin, _id, "hers", $"Phone of {Erika.DisplayName}");
        await fixture.AskAsync<long>(
            "WITH made AS (INSERT INTO dead_letters (organisation, device, source, reason, payload) VALUES ($1, 'hers', 'rpc', 'MALFORMED', $2) RETURNING id) SELECT id FROM made",
            admin.Organisation, $"{{\"by\":\"{Email}\"}}");
        Assert.NotEmpty(await ScanAsync());

        var answer = await EraseAsync(admin.Organisation);

        Assert.Equal(1, answer.Stores.Single(static store => store.Store == "devices").Pseudonymised);
        Assert.Equal(1, answer.Stores.Single(static store => store.Store == "dead_letters").Erased);
        Assert.Empty(await ScanAsync());
        var device = await admin.Devices.GetDeviceAsync(new GetDeviceRequest { Device = "hers" }, admin.Headers);
        Assert.Equal("Phone of erased-test", device.DisplayName);
        Assert.Equal("erased-test", device.Metadata["owner"]);
        Assert.Equal(0, (await EraseAsync(admin.Organisation)).Found);
    }

    [Fact]
    public async Task Erase_OfWhoAcknowledgedAnAlert_KeepsTheAlert()
    {
        var admin = fixture.NewOperator();
        await admin.CreateDeviceAsync();
        await fixture.AskAsync<int>(
            """
            WITH made AS (INSERT INTO series (organisation, device, metric)
                SELECT o.key, d.number, 'temperature' FROM devices d JOIN organisations o ON o.id = d.organisation WHERE d.organisation = $1 RETURNING id)
            INSERT INTO alerts (id, organisation, series, device, metric, severity, start_time, last_time, count, score, value, expected_low, expected_high,
                acknowledged_by, acknowledged_at)
            SELECT gen_random_uuid(), $1, id, 'pump-1', 'temperature', 1, now(), now(), 1, 1, 1, 0, 1, $2, now() FROM made RETURNING severity::int
            """,
            admin.Organisation, _id);

        Assert.Contains("pump-1", (await ExportAsync(admin.Organisation))["alerts"], StringComparison.Ordinal);
        await EraseAsync(admin.Organisation);

        var alert = Assert.Single((await admin.Alerts.ListAlertsAsync(new ListAlertsRequest(), admin.Headers)).Alerts);
        Assert.Equal("erased-test", alert.AcknowledgedBy);
        Assert.Empty(await ScanAsync());
    }

    [Fact]
    public async Task PersonalData_ForAnAdministrator_IsRefused()
    {
        var admin = fixture.NewOperator();
        var exception = await Assert.ThrowsAsync<RpcException>(() => Client.ErasePersonalDataAsync(
            new ErasePersonalDataRequest { Person = Erika, RequestId = "r", Pseudonym = "erased-x" }, admin.Headers).ResponseAsync);
        Assert.Equal(StatusCode.PermissionDenied, exception.StatusCode);
    }

    private PersonalData.PersonalDataClient Client => new(fixture.Service.Channel);

    private Metadata Authority(string organisation) => new()
    {
        { "authorization", $"Bearer {fixture.Authority.Token("auth", organisation, permissions: ["mesh:personal_data:*"], kind: PrincipalKind.Client)}" },
    };

    private async Task CreateAsync(Operator admin, string subject, string id, string displayName)
    {
        var headers = new Metadata { { "authorization", $"Bearer {fixture.Authority.Token(subject, admin.Organisation, permissions: ["*"])}" } };
        var device = new Device { DisplayName = displayName, Metadata = { ["owner"] = subject == _id ? Email : "somebody" } };
        await admin.Devices.CreateDeviceAsync(new CreateDeviceRequest { DeviceId = id, Device = device }, headers);
    }

    private async Task<Dictionary<string, string>> ExportAsync(string organisation)
    {
        using var call = Client.ExportPersonalData(new ExportPersonalDataRequest { Person = Erika }, Authority(organisation));
        var sections = new Dictionary<string, string>();
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
            sections[call.ResponseStream.Current.Section] = sections.GetValueOrDefault(call.ResponseStream.Current.Section, "") + call.ResponseStream.Current.Piece.ToStringUtf8();
        return sections;
    }

    private async Task<ErasePersonalDataResponse> EraseAsync(string organisation) => await Client.ErasePersonalDataAsync(
        new ErasePersonalDataRequest { Person = Erika, RequestId = organisation, Pseudonym = "erased-test" }, Authority(organisation));

    private Task<IReadOnlyList<string>> ScanAsync() => PersonScan.FindAsync(fixture.Database.ConnectionString, _id, Email, Erika.DisplayName);
}
