using System.Globalization;
using AiMesh.Testing;

namespace AiMesh.IoTIngest.Tests;

/// <summary>Where one running IoTIngest listens.</summary>
public sealed record ServicePorts(int Http, int Grpc, int Mqtt)
{
    public Uri HttpAddress => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Http}"));

    public Uri GrpcAddress => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Grpc}"));

    public static ServicePorts Next() => new(FreePort.Next(), FreePort.Next(), FreePort.Next());

    /// <summary>Command line of the service.</summary>
    public IEnumerable<string> Arguments(string connectionString, TestAuthority authority, IEnumerable<string> settings) =>
    [
        "--contentRoot", Path.Combine(RepositoryRoot(), "IoTIngest"),
        "--environment", "Test",
        .. new[]
        {
            $"ConnectionStrings:iot-db={connectionString}",
            "Mesh:MasterKey=a master key for tests only",
            $"Kestrel:Endpoints:http:Url={HttpAddress}",
            $"Kestrel:Endpoints:grpc:Url={GrpcAddress}",
            string.Create(CultureInfo.InvariantCulture, $"Mqtt:Port={Mqtt}"),
            "Logging:LogLevel:Default=Warning",
        }.Concat(authority.Settings.Select(static setting => $"{setting.Key}={setting.Value}")).Concat(settings).Select(static setting => $"--{setting}"),
    ];

    private static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "AiMesh.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
