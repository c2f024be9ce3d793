using System.Net.Http.Json;
using System.Runtime.InteropServices;
using Aspire.Hosting.Testing;

namespace AiMesh.Bench.Scenarios;

/// <summary>Logins by password, of which nearly all should be Argon2id.</summary>
internal sealed partial class PasswordLogins : IScenario
{
    // As PasswordOptions has it by default.
    private const uint MemoryKiB = 19_456;
    private const uint Passes = 2;
    private const int WarmUpOperations = 100;

    public string Name => "password-logins";

    public string Description => "logins of AuthService, per core of the machine, against bare libargon2 with the same parameters";

    public async Task<ScenarioResult> RunAsync()
    {
        await using var mesh = await RunningMesh.StartAsync();
        using var client = mesh.PeerClient();
        var address = new Uri(mesh.App.GetEndpoint("auth", "http"), "/api/auth/login");
        return PerCore.Of(await Comparison.RunAsync(
            async () =>
            {
                using var answer = await client.PostAsJsonAsync(address, new { email = "member@demo.aimesh", password = RunningMesh.Password });
                answer.EnsureSuccessStatusCode();
            },
            static () =>
            {
                Hash();
                return Task.CompletedTask;
            },
            WarmUpOperations), 0.8);
    }

    private static void Hash()
    {
        Span<byte> hash = stackalloc byte[32];
        ReadOnlySpan<byte> salt = stackalloc byte[16];
        var password = "Bench-mesh-2026!"u8;
        if (argon2id_hash_raw(Passes, MemoryKiB, 1, password, (nuint)password.Length, salt, (nuint)salt.Length, hash, (nuint)hash.Length) != 0)
            throw new InvalidOperationException("libargon2 refused.");
    }

    [LibraryImport("libargon2.so.1")]
    private static partial int argon2id_hash_raw(
        uint passes, uint memoryKiB, uint lanes, ReadOnlySpan<byte> password, nuint passwordLength, ReadOnlySpan<byte> salt, nuint saltLength, Span<byte> hash, nuint hashLength);
}
