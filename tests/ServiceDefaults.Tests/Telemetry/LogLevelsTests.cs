using AiMesh.ServiceDefaults.Tests.Hosting;
using AiMesh.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiMesh.ServiceDefaults.Tests.Telemetry;

public sealed class LogLevelsTests
{
    [Theory]
    [InlineData("System.Net.Http.HttpClient.mesh-authority.LogicalHandler", LogLevel.Warning)]
    [InlineData("Npgsql.Command", LogLevel.Warning)]
    [InlineData("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning)]
    [InlineData("Microsoft.AspNetCore.DataProtection.KeyManagement.XmlKeyManager", LogLevel.Error)]
    [InlineData("Microsoft.Hosting.Lifetime", LogLevel.Information)]
    [InlineData("AiMesh.AiService.Routing.Router", LogLevel.Information)]
    public async Task Category_WithoutConfiguration_SpeaksFromThisLevelOn(string category, LogLevel least)
    {
        var logger = await LoggerAsync(category, settings: []);

        Assert.True(logger.IsEnabled(least));
        Assert.False(logger.IsEnabled(least - 1));
    }

    [Fact]
    public async Task Category_InConfiguration_FollowsIt()
    {
        var logger = await LoggerAsync("Npgsql.Command", new() { ["Logging:LogLevel:Npgsql"] = "Information" });

        Assert.True(logger.IsEnabled(LogLevel.Information));
    }

    private static async Task<ILogger> LoggerAsync(string category, Dictionary<string, string?> settings)
    {
        await using var authority = await TestAuthority.StartAsync();
        await using var app = MeshHost.Build(authority, new LogSink(), builder => builder.Configuration.AddInMemoryCollection(settings), static _ => { });
        return app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(category);
    }
}
