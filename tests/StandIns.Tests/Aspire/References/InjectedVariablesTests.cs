using System.Net.Http.Json;
using AiMesh.Testing;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Npgsql;

namespace AiMesh.StandIns.Tests.Aspire.References;

[Trait("Level", "Server")]
public sealed class InjectedVariablesTests
{
    [Fact]
    public async Task Service_SeesAddressesOfOthersAndItsOwn()
    {
        await using var sample = await SampleApplication.StartAsync([]);
        await sample.HealthyAsync("front");
        var back = sample.App.GetEndpoint("back", "http").ToString().TrimEnd('/');

        var variables = await sample.EnvironmentOfAsync("front");

        Assert.Equal(back, variables["services__back__http__0"]);
        Assert.Equal(back, variables["BACK_HTTP"]);
        Assert.Equal($"{back}/v1", variables["BACK_URL"]);
        Assert.Equal($"http://127.0.0.1:{sample.App.GetEndpoint("front", "http").Port}", variables["Kestrel__Endpoints__http__Url"]);
        Assert.StartsWith("http://127.0.0.1:", variables["Kestrel__Endpoints__grpc__Url"], StringComparison.Ordinal);
        Assert.False(variables.ContainsKey("ASPNETCORE_URLS"));
        Assert.Equal(sample.App.GetEndpoint("front", "side").Port.ToString(System.Globalization.CultureInfo.InvariantCulture), variables["Side__Port"]);
        Assert.Equal("front", variables["OTEL_SERVICE_NAME"]);
        Assert.False(variables.ContainsKey("OTEL_EXPORTER_OTLP_ENDPOINT"));
    }

    [Fact]
    public async Task Service_GetsItsArgumentsAsTheyAre()
    {
        await using var sample = await SampleApplication.StartAsync([]);
        await sample.HealthyAsync("front");
        using var client = sample.App.CreateHttpClient("front");

        var arguments = await client.GetFromJsonAsync<string[]>("/arguments", sample.Patience);

        Assert.Equal(["--greeting", "two words"], arguments!);
    }

    [Fact]
    public async Task Service_GetsTheEnvironmentOfTheHost()
    {
        await using var sample = await SampleApplication.StartAsync(["--environment=Staging"]);
        await sample.HealthyAsync("back");

        var variables = await sample.EnvironmentOfAsync("back");

        Assert.Equal("Staging", variables["DOTNET_ENVIRONMENT"]);
        Assert.Equal("Staging", variables["ASPNETCORE_ENVIRONMENT"]);
    }

    [Fact]
    public async Task Service_GetsConnectionStringsThatWork_WhichTheHostKeepsToItself()
    {
        await using var sample = await SampleApplication.StartAsync(["--Sample:Servers=true"]);
        var shown = (await sample.HealthyAsync("back")).Snapshot.EnvironmentVariables.ToDictionary(variable => variable.Name, variable => variable.Value);

        var variables = await sample.EnvironmentOfAsync("back");

        await using var connection = new NpgsqlConnection(variables["ConnectionStrings__things-db"] + ";Pooling=false");
        await connection.OpenAsync(sample.Patience);
        Assert.Contains(",password=", variables["ConnectionStrings__redis"], StringComparison.Ordinal);
        Assert.Equal("things", variables["THINGS_DB_DATABASENAME"]);
        Assert.Null(shown["ConnectionStrings__things-db"]);
        Assert.Null(shown["Some__Key"]);
        Assert.Equal(30, variables["Some__Key"].Length);
    }

    [Fact]
    public async Task OtlpEndpoint_OfTheHost_ReachesTheService()
    {
        await using var sample = await SampleApplication.StartAsync(["--OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4317"]);
        await sample.HealthyAsync("back");

        var variables = await sample.EnvironmentOfAsync("back");

        Assert.Equal("http://collector:4317", variables["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        Assert.Equal("grpc", variables["OTEL_EXPORTER_OTLP_PROTOCOL"]);
    }

    [Fact]
    public async Task ConnectionString_GivenByConfiguration_IsUsedInsteadOfAServerOfOurOwn()
    {
        await using var given = await PostgresServer.StartAsync();
        var server = new NpgsqlConnectionStringBuilder(given.ConnectionString);
        server.Remove("Database");

        await using var sample = await SampleApplication.StartAsync(
            ["--Sample:Servers=true", $"--ConnectionStrings:postgres={server.ConnectionString}"]);
        await sample.HealthyAsync("back");
        var postgres = await sample.HealthyAsync("postgres");

        Assert.Empty(postgres.Snapshot.Properties);
        var database = new NpgsqlConnectionStringBuilder(await sample.App.GetConnectionStringAsync("things-db", sample.Patience));
        Assert.Equal(given.Port, database.Port);
        Assert.Equal("things", database.Database);
    }

    [Fact]
    public async Task Parameter_WithoutAValue_FailsWithTheKeyToSet()
    {
        await using var sample = await SampleApplication.StartAsync([], builder =>
            builder.CreateResourceBuilder<ProjectResource>("back").WithEnvironment("X", builder.AddParameter("some-thing")));

        var error = await Assert.ThrowsAsync<DistributedApplicationException>(() => sample.HealthyAsync("back"));

        Assert.Contains("Parameters__some_thing", error.Message, StringComparison.Ordinal);
    }
}
