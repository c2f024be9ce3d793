using System.Data.Common;
using AiMesh.StandIns.Tests.Clients.Telemetry;
using AiMesh.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace AiMesh.StandIns.Tests.Clients.Npgsql;

[Trait("Level", "Server")]
public sealed class NpgsqlClientTests
{
    [Fact]
    public async Task Resolve_GivesOneDataSourceAndConnectionsFromIt()
    {
        await using var database = await PostgresServer.CreateDatabaseAsync();
        using var host = Build(new() { ["ConnectionStrings:db"] = database.ConnectionString }, builder => builder.AddNpgsqlDataSource("db"));

        var source = host.Services.GetRequiredService<NpgsqlDataSource>();

        Assert.Same(source, host.Services.GetRequiredService<DbDataSource>());
        await using var connection = host.Services.GetRequiredService<NpgsqlConnection>();
        Assert.NotSame(connection, host.Services.GetRequiredService<NpgsqlConnection>());
        await connection.OpenAsync();
        Assert.Equal(database.Name, connection.Database);
        Assert.IsType<NpgsqlConnection>(host.Services.GetRequiredService<DbConnection>());
    }

    [Fact]
    public async Task ConnectionString_OfConnectionStrings_GoesBeforeSectionsAndTheDelegateBeforeAll()
    {
        string? seen = null;
        var configuration = new Dictionary<string, string?>
        {
            ["Aspire:Npgsql:ConnectionString"] = "Host=section",
            ["Aspire:Npgsql:db:ConnectionString"] = "Host=named",
        };
        void Add(IHostApplicationBuilder builder) => builder.AddNpgsqlDataSource("db", settings =>
        {
            seen = settings.ConnectionString;
            settings.ConnectionString = "Host=delegate";
        });

        using var named = Build(configuration, Add);
        Assert.Equal("Host=named", seen);

        configuration["ConnectionStrings:db"] = "Host=connection";
        using var connection = Build(configuration, Add);
        Assert.Equal("Host=connection", seen);
        await using var source = connection.Services.GetRequiredService<NpgsqlDataSource>();
        Assert.Contains("Host=delegate", source.ConnectionString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeyedDataSources_AreSeparate()
    {
        await using var first = await PostgresServer.CreateDatabaseAsync();
        await using var second = await PostgresServer.CreateDatabaseAsync();
        using var host = Build(
            new() { ["ConnectionStrings:first"] = first.ConnectionString, ["ConnectionStrings:second"] = second.ConnectionString },
            builder =>
            {
                builder.AddKeyedNpgsqlDataSource("first");
                builder.AddKeyedNpgsqlDataSource("second");
            });

        await using var connection = await host.Services.GetRequiredKeyedService<NpgsqlDataSource>("second").OpenConnectionAsync();

        Assert.Equal(second.Name, connection.Database);
        Assert.Null(host.Services.GetService<NpgsqlDataSource>());
        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.Equal(["PostgreSql_first", "PostgreSql_second"], report.Entries.Keys.Order());
        Assert.Equal(HealthStatus.Healthy, report.Status);
    }

    [Fact]
    public async Task MissingConnectionString_FailsAtFirstUseAndNamesTheKeys()
    {
        using var host = Build([], builder => builder.AddNpgsqlDataSource("db"));
        await host.StartAsync();

        var error = Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<NpgsqlDataSource>());

        Assert.Contains("'ConnectionStrings:db'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'Aspire:Npgsql:db'", error.Message, StringComparison.Ordinal);
        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.Equal(HealthStatus.Unhealthy, report.Entries["PostgreSql"].Status);
    }

    [Fact]
    public async Task HealthCheck_WithoutServer_IsUnhealthy()
    {
        using var host = Build(
            new() { ["ConnectionStrings:db"] = $"Host=127.0.0.1;Port={FreePort.Next()};Username=x" },
            builder => builder.AddNpgsqlDataSource("db"));

        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        Assert.Equal(HealthStatus.Unhealthy, report.Entries["PostgreSql"].Status);
    }

    [Fact]
    public async Task AddTwice_RegistersTheHealthCheckOnce()
    {
        await using var database = await PostgresServer.CreateDatabaseAsync();
        using var host = Build(new() { ["ConnectionStrings:db"] = database.ConnectionString }, builder =>
        {
            builder.AddNpgsqlDataSource("db");
            builder.AddNpgsqlDataSource("db");
        });

        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        Assert.Single(report.Entries);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Telemetry_IsRecordedUnlessDisabled(bool disabled)
    {
        await using var database = await PostgresServer.CreateDatabaseAsync();
        var stopped = new StoppedActivities();
        var metrics = new MetricNames();
        using var host = Build(
            new() { ["ConnectionStrings:db"] = database.ConnectionString, ["Aspire:Npgsql:DisableTracing"] = $"{disabled}", ["Aspire:Npgsql:DisableMetrics"] = $"{disabled}" },
            builder =>
            {
                builder.AddNpgsqlDataSource("db");
                builder.Services.AddOpenTelemetry()
                    .WithTracing(tracing => tracing.AddProcessor(stopped))
                    .WithMetrics(meters => meters.AddReader(new BaseExportingMetricReader(metrics)));
            });
        await host.StartAsync();

        await using (var command = host.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand("SELECT 42"))
        {
            await command.ExecuteScalarAsync();
        }

        host.Services.GetRequiredService<MeterProvider>().ForceFlush();
        var traced = stopped.All.Any(activity => activity.Source.Name == "Npgsql");
        Assert.Equal((!disabled, !disabled), (traced, metrics.Seen.Contains("db.client.operation.duration")));
    }

    [Fact]
    public async Task DataSourceBuilder_CanBeConfigured()
    {
        await using var database = await PostgresServer.CreateDatabaseAsync();
        using var host = Build(
            new() { ["ConnectionStrings:db"] = database.ConnectionString },
            builder => builder.AddNpgsqlDataSource("db", configureDataSourceBuilder: source => source.ConnectionStringBuilder.ApplicationName = "tested"));

        await using var command = host.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand("SHOW application_name");

        Assert.Equal("tested", await command.ExecuteScalarAsync());
    }

    private static IHost Build(Dictionary<string, string?> configuration, Action<IHostApplicationBuilder> add)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(configuration);
        add(builder);
        return builder.Build();
    }

    private sealed class MetricNames : BaseExporter<Metric>
    {
        public HashSet<string> Seen { get; } = [];

        public override ExportResult Export(in Batch<Metric> batch)
        {
            foreach (var metric in batch)
            {
                Seen.Add(metric.Name);
            }

            return ExportResult.Success;
        }
    }
}
